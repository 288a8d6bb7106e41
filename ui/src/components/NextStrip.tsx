import type { ReactNode } from 'react';
import type { Next } from '@/api/types';
import { sentence, spoken } from '@/lib/format';
import { codeText } from './codeText';
import { Icon } from './Icon';

const icons: Record<Next['tone'], string> = {
  idle: 'info-circle',
  working: 'loader-2',
  waiting: 'user-question',
  good: 'circle-check',
  warn: 'alert-triangle',
  bad: 'alert-circle',
};

/** The situation and what follows, as the server computed it, with at most one small button. */
export function NextStrip({ next, icon, children }: { next: Next; icon?: string; children?: ReactNode }) {
  return (
    <div className={`next ${next.tone}`} role="status">
      <Icon name={icon ?? icons[next.tone]} />
      <p>
        <b>{codeText(spoken(next.text))}</b> {next.reason && <span>{codeText(sentence(spoken(next.reason)))}</span>}
      </p>
      {children && <div className="acts">{children}</div>}
    </div>
  );
}
