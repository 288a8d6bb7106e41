import { TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { plural } from '@/lib/format';
import { Btn } from './Btn';
import { Icon } from './Icon';

/** A line of a log. `n` counts from 0, as the server does; people see it from 1. */
export type LogLine = { n: number; at: string; source: string; text: string };

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const toneOf = ({ source, text }: LogLine) => (/\b(ERROR|Error|Traceback|FAILED)\b/.test(text) ? 'e' : /\b(WARN|WARNING|Warning)\b/.test(text) ? 'w' : source === 'runner' ? 'faint' : '');

function marked(text: string, find: string): ReactNode {
  const at = find ? text.toLowerCase().indexOf(find.toLowerCase()) : -1;
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + find.length)}</mark>
      {text.slice(at + find.length)}
    </>
  );
}

/** A log as it grows: follows its end until you scroll up; find, wrap, raw. */
export function LogView({ lines, isLive, rawHref, at }: { lines: LogLine[]; isLive: boolean; rawHref: string; at?: number | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const [find, setFind] = useState('');
  const [isWrapped, setWrapped] = useState(false);
  const [follows, setFollows] = useState(at === undefined);
  const [seen, setSeen] = useState(0);
  const shown = find ? lines.filter(({ text }) => text.toLowerCase().includes(find.toLowerCase())) : lines;
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => box.current, estimateSize: () => 19, overscan: 30, initialRect: { width: 800, height: 420 } });
  useEffect(() => {
    if (!follows || shown.length === 0) return;
    rows.scrollToIndex(shown.length - 1, { align: 'end' });
    setSeen(lines.length);
  }, [follows, shown.length, lines.length, rows]);
  useEffect(() => {
    if (at !== undefined) rows.scrollToIndex(Math.max(0, at - 1), { align: 'center' });
  }, [at, rows]);
  const scrolled = () => {
    const view = box.current;
    if (view) setFollows(view.scrollHeight - view.scrollTop - view.clientHeight < 24);
  };
  const fresh = lines.length - seen;
  return (
    <div className="logbox">
      <div className="logbar">
        <TextInput size="xs" aria-label="Find in log" placeholder="Find in log" value={find} onChange={(event) => setFind(event.currentTarget.value)} />
        <span className="sm dim tn" role="status">
          {find ? `${shown.length} of ${plural(lines.length, 'line')}` : plural(lines.length, 'line')}
          {isLive && ', live'}
        </span>
        <span className="sp" />
        {isLive && !follows && fresh > 0 && (
          <Btn size="sm" icon="chevron-down" onClick={() => setFollows(true)}>
            {plural(fresh, 'new line')}
          </Btn>
        )}
        <Btn size="sm" look="sub" onClick={() => setWrapped(!isWrapped)} aria-pressed={isWrapped}>
          {isWrapped ? 'Do not wrap' : 'Wrap'}
        </Btn>
        <a className="btn sm" href={rawHref} target="_blank" rel="noreferrer">
          <Icon name="download" />
          Raw
        </a>
      </div>
      <div className={isWrapped ? 'log wrap' : 'log'} ref={box} onScroll={scrolled} role="log" aria-live="off" aria-label="Log" tabIndex={0}>
        {lines.length === 0 && <p className="dim" style={{ padding: '8px 12px' }}>{isLive ? 'Nothing was written yet.' : 'It wrote nothing.'}</p>}
        <div style={{ display: 'block', height: rows.getTotalSize(), position: 'relative', padding: 0 }}>
          {rows.getVirtualItems().map((item) => {
            const line = shown[item.index];
            if (!line) return null;
            return (
              <div key={line.n} id={`L${line.n + 1}`} ref={rows.measureElement} data-index={item.index} className={['row', toneOf(line), at === line.n + 1 ? 'at' : ''].filter(Boolean).join(' ')} style={{ transform: `translateY(${item.start}px)`, top: 0 }}>
                <i>{line.n + 1}</i>
                <i title={line.source}>{clock.format(new Date(line.at))}</i>
                <span>{marked(line.text, find)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
