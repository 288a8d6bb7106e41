import { can, useMe } from '@/api/session';
import { BtnLink, Empty, Line, PageHead, Panel } from '@/components';

const steps = [
  ['Crawl', 'a corrupt file is listed, not fatal'],
  ['A data steward confirms the levels', 'until then a column counts as restricted'],
  ['People find, ask and read', 'through the gateway, filtered and masked'],
];

/** The catalog before the first lake: what would be here, and how it begins. */
export function NoLake() {
  const mayConnect = can(useMe(), 'ConnectLake');
  return (
    <>
      <PageHead icon="database" kind="Catalog" name="No dataset is listed yet" title="Catalog" />
      <div className="stack">
        <Panel label="Begin">
          <Empty
            title="The catalog lists the tables of the lakes that data stewards connect."
            why="A crawl reads names, columns and profiles and proposes a sensitivity for each column; your data stays where it is."
            command="lockgate lake connect retail --root retail --folder . --team retail"
          >
            {mayConnect ? (
              <BtnLink to="/lakes" look="primary" icon="ripple">
                Connect a lake
              </BtnLink>
            ) : (
              <p className="dim">Data stewards and platform administrators may connect one.</p>
            )}
          </Empty>
        </Panel>
        <Panel title="What happens next">
          {steps.map(([title, under], at) => (
            <Line key={title} lead={<span className="n">{at + 1}</span>} title={title} under={under} />
          ))}
        </Panel>
      </div>
    </>
  );
}
