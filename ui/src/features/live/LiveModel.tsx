import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { liveModelQuery } from '@/api/live';
import { endpointQuery } from '@/api/serving';
import { BtnLink, Loading, Meta, NextStrip, ObjectPage, StateBadge, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { CallIt } from './CallIt';
import { CardMetrics } from './CardMetrics';
import { CardSide } from './CardSide';
import { CardUse } from './CardUse';
import { MayCall } from './LiveModelTable';

/** The card of a live model: what it is for, what it must not be used for, how good it is, and how to call it. */
export function LiveModel() {
  const { endpoint: id } = useParams({ from: '/frame/models/live/$endpoint' });
  const card = useQuery({ ...liveModelQuery(id), refetchInterval: 30_000 });
  // Only some may see the endpoint itself; for all others its address is not known here.
  const endpoint = useQuery({ ...endpointQuery(id), retry: false });
  if (card.error) return <Unread problem={card.error} what="live model" onRetry={() => void card.refetch()} />;
  if (!card.data) return <Loading rows={6} />;
  const model = card.data;
  const mayAsk = model.next.action === 'create_request';
  const search = { kind: 'use', object: model.endpoint };
  return (
    <ObjectPage
      icon="heartbeat"
      kind="Live model"
      name={model.title}
      title={model.title}
      badge={<StateBadge kind="liveModel" state={model.state} />}
      meta={
        <>
          <span className="mono">{model.endpoint}</span>
          <Who who={model.owner} title="Model owner" />
          <Meta icon="users">{model.team}</Meta>
          <span>Tier {model.tier}</span>
          <Meta icon="clock">
            live since <When at={model.live_since} />
          </Meta>
          <MayCall model={model} />
        </>
      }
      actions={
        mayAsk && (
          <BtnLink look="primary" icon="key" to="/ask" search={search}>
            Ask to use it
          </BtnLink>
        )
      }
      next={<NextStrip next={model.next} />}
      side={<CardSide model={model} />}
    >
      <CardUse model={model} />
      <CardMetrics metrics={model.metrics} />
      <CallIt model={model} endpoint={endpoint.data} />
    </ObjectPage>
  );
}
