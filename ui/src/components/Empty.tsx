import type { ReactNode } from 'react';
import { Snippet } from './Snippet';

/** An empty place: what would be here, why it is not, and the way to begin. */
export function Empty(props: { title: string; why?: ReactNode; command?: string; small?: boolean; children?: ReactNode }) {
  return (
    <div className={props.small ? 'empty sm' : 'empty'}>
      <b>{props.title}</b>
      {props.why && <p className="dim">{props.why}</p>}
      {props.command && <Snippet code={props.command} inline />}
      {props.children && <div className="row wrap">{props.children}</div>}
    </div>
  );
}
