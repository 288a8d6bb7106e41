import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { datasetQuery } from '@/api/datasets';
import { grantsQuery } from '@/api/grants';
import { requestsQuery } from '@/api/requests';
import { BtnLink, Empty, Line, Loading, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { GrantTable } from '../grants/GrantTable';
import { shortId } from '@/lib/format';

/** Who may read it, who asks, and how to ask. */
export function DatasetAccess() {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const { data: dataset } = useQuery(datasetQuery(id));
  const grants = useQuery(grantsQuery({ object: id }));
  const requests = useQuery(requestsQuery({ object: id }));
  return (
    <>
      <Panel title="How to ask" padded>
        <p className="dim" style={{ maxWidth: '72ch' }}>
          Say for what purpose, for which uses and until when; name the columns you need.{' '}
          The data steward of {dataset?.team ?? 'its team'} decides, and may narrow what you ask. Reads work at once after the approval and stop at
          the grant’s end.
        </p>
        <div className="row wrap" style={{ marginTop: 10 }}>
          <BtnLink to="/ask" search={{ dataset: id }} look="tint" icon="key">
            Ask for access
          </BtnLink>
        </div>
      </Panel>
      <Panel title="Grants" note="that you may see">
        {grants.error && <ProblemNote problem={grants.error} />}
        {grants.isPending ? <Loading rows={3} /> : <GrantTable grants={grants.data?.items ?? []} empty={<Empty small title="No grant of it is yours to see." />} />}
      </Panel>
      <Panel title="Requests" note="that you may see">
        {requests.error && <ProblemNote problem={requests.error} />}
        {requests.data?.items.length === 0 && <Empty small title="Nobody you may see asks for it." />}
        {requests.data?.items.map((request) => (
          <Line
            key={request.id}
            lead={<Who who={request.principal} bare />}
            title={
              <Link className="link" to="/access/$id" params={{ id: request.id }}>
                {shortId(request.id)}
              </Link>
            }
            under={`${request.uses.join(', ')}, for ${request.purpose}`}
            when={<When at={request.submitted_at ?? request.created_at} form="ago" />}
            act={<StateBadge kind="accessRequest" state={request.state} fact={request.fact} form="plain" />}
          />
        ))}
      </Panel>
    </>
  );
}
