import { useClipboard } from '@mantine/hooks';
import { Fragment } from 'react';
import { Btn } from './Btn';

/** Something to paste, with a button that copies it. `inline` puts the button beside a single line. */
export function Snippet({ code, note, inline = false }: { code: string; note?: string; inline?: boolean }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const copy = (
    <Btn size={inline ? 'm' : 'sm'} look={inline ? 'plain' : 'sub'} icon={clipboard.copied ? 'check' : 'copy'} onClick={() => clipboard.copy(code)}>
      {clipboard.copied ? 'Copied' : 'Copy'}
    </Btn>
  );
  if (inline) {
    return (
      <div className="cmd">
        <pre className="code" tabIndex={0}>
          {code.split(' ').map((word, at) => (
            <Fragment key={`${at}-${word}`}>
              {at > 0 && ' '}
              <span className={word.length < 24 ? 'nw' : ''}>{word}</span>
            </Fragment>
          ))}
        </pre>
        {copy}
      </div>
    );
  }
  return (
    <div className="stack g8">
      <pre className="code" tabIndex={0}>{code}</pre>
      <div className="row sm dim">
        {copy}
        <span className="sp" />
        {note}
      </div>
    </div>
  );
}
