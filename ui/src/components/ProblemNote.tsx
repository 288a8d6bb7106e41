import { useClipboard } from '@mantine/hooks';
import type { ReactNode } from 'react';
import type { Problem } from '@/api/types';
import { sentence, spoken } from '@/lib/format';
import { Btn } from './Btn';
import { Icon } from './Icon';
import { codeText } from './codeText';

/** Returns `text` as a whole sentence: with its full stop, unless it ends in one of its own. */
const whole = (text: string) => (/[.?!]$/.test(text.trimEnd()) ? text : `${text}.`);

/** What failed and what to do, in the server's own words; stands in place of the panel or beside the button that failed. */
export function ProblemNote({ problem, onRetry, children }: { problem: Problem; onRetry?: () => void; children?: ReactNode }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const requestId = problem.request_id;
  const [said = '', ...shown] = problem.detail.split('\n');
  return (
    <div className="pnote" role="alert">
      <Icon name="alert-circle" />
      <div>
        <p>
          <b>{codeText(whole(sentence(spoken(said))))}</b>
        </p>
        {shown.length > 0 && (
          <pre className="code" tabIndex={0}>
            {shown.join('\n')}
          </pre>
        )}
        {problem.hint && <p>{codeText(whole(sentence(spoken(problem.hint))))}</p>}
        <div className="row wrap sm" style={{ marginTop: 8 }}>
          {onRetry && (
            <Btn size="sm" icon="refresh" onClick={onRetry}>
              Try again
            </Btn>
          )}
          {children}
          <span className="sp" />
          <span className="mono dim">{problem.code}</span>
          {requestId && (
            <button type="button" className="link" onClick={() => clipboard.copy(requestId)}>
              {clipboard.copied ? 'Copied' : 'Copy request id'}
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
