import { Link } from '@tanstack/react-router';
import type { Effect, RequestView } from '@/api/requests';
import { Icon, Line, Loading, lookOf, Panel } from '@/components';
import { day, shortId } from '@/lib/format';

const marks: Record<string, string> = { good: 'circle-check', warn: 'alert-triangle', bad: 'alert-circle' };

/** Who is affected, what happens if you do nothing, what policy finds, and what was decided before. */
export function ReviewSide({ effect, request }: { effect: Effect | undefined; request: RequestView }) {
  if (!effect) return <Panel title="Who is affected"><Loading rows={3} /></Panel>;
  return (
    <>
      {request.kind !== 'use' && effect.affected.length > 0 && (
        <Panel title="Who is affected">
          {effect.affected.map((one) => (
            <Line key={one.text} icon="users" title={one.text} under={one.detail} />
          ))}
        </Panel>
      )}
      <Panel title="If you do nothing" padded>
        <ul className="dot">
          {effect.if_nothing.map((text) => (
            <li key={text}>
              <span className="ic idle">
                <Icon name="hourglass" />
              </span>
              <span>{request.kind === 'use' ? text.replace('reads anything new', 'may call anything new') : text}</span>
            </li>
          ))}
          {effect.if_nothing.length === 0 && request.answer_by && (
            <li>
              <span className="ic idle">
                <Icon name="clock-x" />
              </span>
              <span>
                On {day(request.answer_by)} the request ends as <b className="m">Expired unanswered</b>.
              </span>
            </li>
          )}
        </ul>
      </Panel>
      {effect.findings.length > 0 && (
        <Panel title="Policy findings">
          {effect.findings.map((finding) => (
            <Line key={finding.text} icon={marks[finding.tone] ?? 'info-circle'} tone={finding.tone} title={finding.text} />
          ))}
        </Panel>
      )}
      {effect.like_before.length > 0 && (
        <Panel title="Like it before">
          {effect.like_before.map((before) => {
            const look = lookOf('accessRequest', before.state);
            return (
              <Line
                key={before.id}
                icon={look.icon}
                tone={look.tone}
                title={
                  <Link className="link" to="/access/$id" params={{ id: before.id }}>
                    {shortId(before.id)}, {look.word.toLowerCase()}
                  </Link>
                }
                under={`${day(before.at)}${before.text ? `, ${before.text}` : ''}`}
              />
            );
          })}
        </Panel>
      )}
    </>
  );
}
