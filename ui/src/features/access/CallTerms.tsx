import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type LiveModelView, liveModelQuery } from '@/api/live';
import type { RequestView } from '@/api/requests';
import { Line, Loading, Panel } from '@/components';
import { CardUse } from '@/features/live/CardUse';
import { day } from '@/lib/format';
import { callers } from './kinds';

type Asked = Pick<RequestView, 'principal' | 'object' | 'asked' | 'granted' | 'purpose'>;

/** Whom it lets call what, for what, until when. */
export function WhoCalls({ request, model }: { request: Asked; model?: Pick<LiveModelView, 'title' | 'model' | 'version'> | null | undefined }) {
  return (
    <Panel title="Whom it lets call what">
      <Line icon="users" title={<b className="m">{callers(request)}</b>} under={model ? `${model.title}: whichever version is live, now ${model.model} ${model.version}` : 'Whichever version is live'} />
      <Line icon="target" title={request.purpose ? `For the purpose ${request.purpose.name}` : 'For a purpose that is not yours to see'} under="To score: calls and their answers, no data of its training" />
      <Line icon="clock" title={`Until ${day((request.granted ?? request.asked).expires_at)}`} under="From then on its calls are refused" />
    </Panel>
  );
}

/** What a request to call a live model would allow, and what the model must not be used for. */
export function CallTerms({ request }: { request: RequestView }) {
  const card = useQuery({ ...liveModelQuery(request.object), retry: false });
  return (
    <>
      <WhoCalls request={request} model={card.data} />
      {card.isPending && <Loading rows={2} />}
      {card.data && <CardUse model={card.data} title="What the model is for" />}
      {card.error && (
        <Panel title="What the model is for" padded>
          <p className="dim">
            Its card is not there, or not yours to see: it may not be live now.{' '}
            <Link className="link" to="/models/live">
              All live models
            </Link>
          </p>
        </Panel>
      )}
    </>
  );
}
