import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { breachQuery, type BreachView } from '@/api/monitoring';
import { BtnLink, Line, lookOf, When } from '@/components';
import { plural } from '@/lib/format';
import { breachLine } from './words';

/** The red breaches that wait for the viewer on their home, the oldest first. */
export function RedBreaches({ breaches }: { breaches: BreachView[] }) {
  return breaches.map((breach) => (
    <Line
      key={breach.id}
      icon={lookOf('severity', 'red').icon}
      tone="bad"
      title={
        <span className="m">
          Red breach in <span className="mono">{breach.endpoint}</span>: {breachLine(breach)}
        </span>
      }
      under={`Nobody looks after it yet; found ${breach.count === 1 ? 'once' : plural(breach.count, 'time')}. A red breach holds prod of ${breach.project} until the hold is lifted.`}
      when={<When at={breach.first_seen_at} form="age" />}
      act={
        <BtnLink size="sm" to="/monitors/$id" params={{ id: breach.monitor }} search={{ breach: breach.id }}>
          Open
        </BtnLink>
      }
    />
  ));
}

/** The breach that a hold was placed for, with the way to it. */
export function HoldBreach({ id }: { id: string }) {
  const { data: breach } = useQuery(breachQuery(id));
  if (!breach) return null;
  return (
    <div className="sm">
      For the breach{' '}
      <Link className="link" to="/monitors/$id" params={{ id: breach.monitor }} search={{ breach: breach.id }}>
        {breachLine(breach)}
      </Link>
      , {lookOf('breach', breach.state).word.toLowerCase()}
    </div>
  );
}
