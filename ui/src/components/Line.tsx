import type { ReactNode } from 'react';
import type { Tone } from '@/api/states';
import { Icon } from './Icon';

type LineProps = { icon?: string; tone?: Tone; lead?: ReactNode; title: ReactNode; under?: ReactNode; when?: ReactNode; act?: ReactNode };

/** A row of a list: a lead icon or person, what it is, a line under it, since when, and what to do. */
export function Line({ icon, tone = 'idle', lead, title, under, when, act }: LineProps) {
  return (
    <div className="li">
      {lead ?? (icon && <span className={`ic ${tone}`}><Icon name={icon} /></span>)}
      <div className="bd">
        {title}
        {under && <div className="sm faint">{under}</div>}
      </div>
      {when && <span className="when">{when}</span>}
      {act}
    </div>
  );
}
