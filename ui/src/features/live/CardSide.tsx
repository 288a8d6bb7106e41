import { Fragment } from 'react';
import { Link } from '@tanstack/react-router';
import type { LiveModelView } from '@/api/live';
import { Facts, Ident, Panel, Who } from '@/components';
import { PurposeLinks } from '../purposes/names';

/** Returns the type of a tensor in words. */
const typeOf = (datatype: string) => (datatype === 'BYTES' ? 'text' : datatype === 'BOOL' ? 'yes or no' : /^U?INT/.test(datatype) ? 'whole number' : /^B?FP/.test(datatype) ? 'number' : datatype);

function Tensors({ tensors }: { tensors: LiveModelView['inputs'] }) {
  if (tensors.length === 0) return <p className="dim">none on record</p>;
  return (
    <dl className="tensors">
      {tensors.map(({ name, datatype }) => (
        <Fragment key={name}>
          <dt>
            <Ident name={name} />
          </dt>
          <dd title={datatype}>{typeOf(datatype)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** Who answers for it, what goes in and out, for what purposes, and what it was trained on. */
export function CardSide({ model }: { model: LiveModelView }) {
  const { project, candidate } = model;
  return (
    <>
      <Panel title="Facts" padded>
        <Facts
          items={[
            ['Owner', <Who key="o" who={model.owner} />],
            ['Team', model.team],
            ['Tier', `${model.tier} of 3, 1 is the highest`],
            ['Project', <Link key="p" className="link" to="/projects/$id" params={{ id: project }}>{project}</Link>],
            ['Candidate', <Link key="c" className="link" to="/projects/$id/candidates/$number" params={{ id: project, number: String(candidate) }}>{candidate}</Link>],
            ['Model', `${model.model} ${model.version}`],
          ]}
        />
      </Panel>
      <Panel title="Takes" padded>
        <Tensors tensors={model.inputs} />
      </Panel>
      <Panel title="Answers" padded>
        <Tensors tensors={model.outputs} />
      </Panel>
      <Panel title="Purposes" note="it was built for" padded>
        {model.purposes.length === 0 && <p className="dim">none on record</p>}
        <PurposeLinks ids={model.purposes} />
      </Panel>
      <Panel title="Trained on" padded>
        {model.datasets.length === 0 && <p className="dim">no dataset on record</p>}
        {model.datasets.map((id) => (
          <p key={id}>
            <Link className="link" to="/datasets/$id" params={{ id }}>
              <Ident name={id} />
            </Link>
          </p>
        ))}
      </Panel>
    </>
  );
}
