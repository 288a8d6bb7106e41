import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { requestHistoryQuery, requestQuery, type RequestView } from '@/api/requests';
import { Env, FactBadge, Icon, Loading, Meta, NextStrip, PageHead, Panel, readPrincipal, StateBadge, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { day, shortId } from '@/lib/format';
import { History } from '../audit/History';
import { AskerActs } from './AskerActs';
import { CallTerms } from './CallTerms';
import { doingWords, kindWords, stateWord } from './kinds';
import { Outcome } from './Outcome';
import { Review } from './Review';

/** Who asks, in words: an environment with its water, a person or group with their sign. */
export function Asker({ principal }: { principal: string }) {
  const { kind, name } = readPrincipal(principal);
  const [project, environment] = name.split('/');
  if (kind === 'environment' && environment) return <Env name={environment} of={project ?? ''} />;
  return <Who who={principal} />;
}

/** What is asked: purpose, for whom to do what, until when, and the words of who asks. */
function WhatIsAsked({ request }: { request: RequestView }) {
  return (
    <Panel label="What is asked">
      <div className="pb ask">
        <div>
          <div className="lab">Purpose</div>
          {request.purpose ? (
            <>
              <Link className="link" to="/purposes/$id" params={{ id: request.purpose.id }}>
                {request.purpose.name}
              </Link>
              <div className="sm faint">
                On record, allows {request.purpose.allowed_uses.join(', ')}; lawful basis: {request.purpose.lawful_basis}
              </div>
            </>
          ) : (
            <span className="dim">not yours to see</span>
          )}
        </div>
        <div>
          <div className="lab">For whom, to do what</div>
          <div className="m">
            <Asker principal={request.principal} />
          </div>
          <div className="sm faint">{doingWords(request.kind, request.uses)}</div>
        </div>
        <div>
          <div className="lab">Asked until</div>
          <div className="m">{day(request.asked.expires_at)}</div>
          <div className="sm faint">{request.asked.starts_at ? `from ${day(request.asked.starts_at)}` : 'from the approval on'}</div>
        </div>
        <p className="dim said">“{request.text}”</p>
      </div>
    </Panel>
  );
}

function stateBadge(request: RequestView, isMine: boolean) {
  if (isMine) return <FactBadge group="request" fact="yours" form="tint" />;
  return <StateBadge kind="accessRequest" state={request.state} fact={request.fact} {...stateWord(request)} />;
}

/** A request: what exactly would be allowed, to whom, until when, and what happens if nobody does anything. */
export function RequestPage() {
  const { id } = useParams({ from: '/frame/access/$id' });
  const { data: request, error, refetch } = useQuery(requestQuery(id));
  const history = useQuery(requestHistoryQuery(id));
  if (error) return <Unread problem={error} what="request" onRetry={() => void refetch()} />;
  if (!request) return <Loading rows={8} />;
  const decides = request.next.action === 'decide_request';
  const asker = readPrincipal(request.principal).name;
  return (
    <>
      <PageHead
        icon="key"
        kind={`Access request ${shortId(request.id)}, ${request.kind}`}
        name={
          <>
            {asker} {kindWords[request.kind].act} <span className="mono">{request.object}</span>
          </>
        }
        title={`Request ${shortId(request.id)}`}
        meta={
          <>
            {stateBadge(request, decides)}
            <Meta>
              <Who who={request.asked_by} bare />
              asked <When at={request.submitted_at ?? request.created_at} /> by {readPrincipal(request.asked_by).name}
            </Meta>
            <Meta icon="users">{decides ? 'you decide' : `${request.decided_by} decides`}</Meta>
            {request.kind === 'read' && (
              <Link className="link" to="/datasets/$id" params={{ id: request.object }}>
                Open the dataset
              </Link>
            )}
            {request.kind === 'use' && (
              <Link className="link" to="/models/live/$endpoint" params={{ endpoint: request.object }}>
                Open the card
              </Link>
            )}
            {request.grant && (
              <Link className="link" to="/grants/$id" params={{ id: request.grant }}>
                Open the grant
              </Link>
            )}
          </>
        }
      />
      <NextStrip next={request.next}>
        <AskerActs request={request} />
      </NextStrip>
      {decides ? (
        <Review key={request.id} request={request}>
          <WhatIsAsked request={request} />
          {request.kind === 'use' && <CallTerms request={request} />}
        </Review>
      ) : (
        <div className="stack">
          <WhatIsAsked request={request} />
          {request.kind === 'use' && <CallTerms request={request} />}
          <Outcome request={request} />
          <History entries={history.data} problem={history.error} />
        </div>
      )}
      <p className="hint narrow-only">
        <Link to="/access" className="link">
          <Icon name="arrow-left" size="s" /> Inbox
        </Link>
      </p>
    </>
  );
}
