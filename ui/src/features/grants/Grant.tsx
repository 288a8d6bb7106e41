import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { grantHistoryQuery, grantQuery } from '@/api/grants';
import { BtnLink, Facts, Ident, Loading, Meta, NextStrip, ObjectPage, Panel, readPrincipal, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { day, shortId } from '@/lib/format';
import { Asker } from '../access/RequestPage';
import { choiceOf, choiceWords } from '../access/terms';
import { History } from '../audit/History';
import { PurposeName } from '../purposes/names';
import { GrantActs } from './GrantActs';
import { GrantBadge, scopeLine } from './GrantBadge';

/** A grant: who may read what, for what, until when, and how to end it. */
export function Grant() {
  const { id } = useParams({ from: '/frame/grants/$id' });
  const { data: grant, error, refetch } = useQuery(grantQuery(id));
  const history = useQuery(grantHistoryQuery(id));
  if (error) return <Unread problem={error} what="grant" onRetry={() => void refetch()} />;
  if (!grant) return <Loading rows={6} />;
  const who = readPrincipal(grant.principal).name;
  return (
    <ObjectPage
      icon="key"
      kind={`Grant ${shortId(grant.id)}, ${grant.kind}`}
      name={
        <>
          {who} on <span className="mono">{grant.object}</span>
        </>
      }
      title={`${who} on ${grant.object}`}
      badge={<GrantBadge grant={grant} form="tint" />}
      meta={
        <>
          <Meta>{scopeLine(grant)}</Meta>
          <Meta icon="calendar-clock">
            {day(grant.starts_at)} to {day(grant.expires_at)}
          </Meta>
          {grant.kind === 'read' && (
            <Link className="link" to="/datasets/$id" params={{ id: grant.object }}>
              Open the dataset
            </Link>
          )}
          {grant.kind === 'use' && (
            <Link className="link" to="/models/live/$endpoint" params={{ endpoint: grant.object }}>
              Open the card
            </Link>
          )}
        </>
      }
      actions={
        <>
          <GrantActs grant={grant} />
          {grant.kind === 'read' && grant.state === 'active' && (
            <BtnLink to="/worksheet" search={{ dataset: grant.object }} look="primary" icon="terminal-2">
              Query in worksheet
            </BtnLink>
          )}
        </>
      }
      next={<NextStrip next={grant.next} />}
      side={
        <Panel title="Facts" padded>
          <Facts
            items={[
              ['Who', <Asker key="who" principal={grant.principal} />],
              ['Purpose', <Link key="p" className="link" to="/purposes/$id" params={{ id: grant.purpose }}><PurposeName id={grant.purpose} /></Link>],
              ['Uses', grant.uses.join(', ')],
              ['Ended by', grant.ended ? <Who key="by" who={grant.ended.by} /> : null],
              ['Why', grant.ended?.reason ?? null],
              ['Request', grant.request ? <Link key="r" className="link" to="/access/$id" params={{ id: grant.request }}>{shortId(grant.request)}</Link> : 'imported'],
              ['Ends', <When key="e" at={grant.expires_at} />],
            ]}
          />
        </Panel>
      }
    >
      {grant.kind === 'read' && (
        <Panel title="Columns" foot={<span>{grant.row_filter.length ? `Only rows where ${grant.rows}` : 'Every row'}</span>}>
          <div className="scroll" tabIndex={0} role="group" aria-label="Columns of the grant, scrolls">
            <table className="t dense cards" aria-label="Columns of the grant">
              <thead>
                <tr>
                  <th scope="col">Column</th>
                  <th scope="col">Seen as</th>
                </tr>
              </thead>
              <tbody>
                {grant.columns.map(({ name, as: term }) => (
                  <tr key={name}>
                    <td className="m cname wide">
                      <Ident name={name} />
                    </td>
                    <td className="wide" data-l="Seen as:">{term === 'token' ? 'Token, joins still work' : term === 'null' ? 'Nothing' : choiceWords[choiceOf(term)]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
      <History entries={history.data} problem={history.error} />
    </ObjectPage>
  );
}
