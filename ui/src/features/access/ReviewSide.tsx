import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { Effect, RequestView } from '@/api/requests';
import { Icon, Ident, Line, Loading, lookOf, Panel } from '@/components';
import { day, plural, shortId, spoken } from '@/lib/format';
import { purposesIn, usePurposes } from '../purposes/names';

const marks: Record<string, string> = { good: 'circle-check', warn: 'alert-triangle', bad: 'alert-circle' };

type Finding = Effect['findings'][number] & { columns: string[] };

/** Returns the findings with those that say the same of several columns as one, which names them. */
export function foldFindings(findings: Effect['findings']): Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of findings) {
    const [, column, says] = /^([\w.]+) is (.+, and would be seen as stored)$/.exec(finding.text) ?? [];
    const key = says ?? finding.text;
    const before = found.get(key);
    if (before && column) before.columns.push(column);
    else found.set(key, { ...finding, columns: column ? [column] : [] });
  }
  return [...found].map(([says, one]) => (one.columns.length > 1 ? { ...one, text: `${plural(one.columns.length, 'column')} are ${says}` } : { ...one, columns: [] }));
}

/** Who is affected, what happens if you do nothing, what policy finds, and what was decided before. */
export function ReviewSide({ effect, request }: { effect: Effect | undefined; request: RequestView }) {
  const purposes = usePurposes();
  if (!effect) return <Panel title="Who is affected"><Loading rows={3} /></Panel>;
  return (
    <>
      {request.kind !== 'use' && effect.affected.length > 0 && (
        <Panel title="Who is affected">
          {effect.affected.map((one) => (
            <Line key={one.text} icon="users" title={spoken(one.text)} under={spoken(one.detail)} />
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
              <span>{spoken(request.kind === 'use' ? text.replace('reads anything new', 'may call anything new') : text)}</span>
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
          {foldFindings(effect.findings).map((finding) => (
            <Line key={finding.text} icon={marks[finding.tone] ?? 'info-circle'} tone={finding.tone} title={finding.text} under={finding.columns.map((column, at) => <Fragment key={column}>{at > 0 && ', '}<Ident name={column} /></Fragment>)} />
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
                under={`${day(before.at)}${before.text ? `, ${purposesIn(before.text, purposes)}` : ''}`}
              />
            );
          })}
        </Panel>
      )}
    </>
  );
}
