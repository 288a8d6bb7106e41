import { Link, type LinkProps } from '@tanstack/react-router';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon } from './Icon';

/** `primary` once a page at most: the best thing this viewer may do. `danger` is red text, never filled. */
export type BtnLook = 'plain' | 'primary' | 'tint' | 'danger' | 'sub';

const classOf = (look: BtnLook, size: BtnSize) =>
  ['btn', { plain: '', primary: 'pri', tint: 'tint', danger: 'danger', sub: 'sub' }[look], size === 'm' ? '' : size].filter(Boolean).join(' ');

type BtnSize = 'sm' | 'm' | 'lg';
type Common = { look?: BtnLook; size?: BtnSize; icon?: string; children: ReactNode };
type BtnProps = Common & Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children' | 'className'> & { busy?: boolean; busyWord?: string };

/** A button. While `busy` it keeps its place, says what it does ("Approving…") and takes no second click. */
export function Btn({ look = 'plain', size = 'm', icon, busy = false, busyWord, children, disabled, ...rest }: BtnProps) {
  return (
    <button type="button" className={classOf(look, size)} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {icon && <Icon name={busy ? 'loader-2' : icon} />}
      {busy && busyWord ? busyWord : children}
    </button>
  );
}

/** A link that looks like a button, for going somewhere. */
export function BtnLink({ look = 'plain', size = 'm', icon, children, ...rest }: Common & Pick<LinkProps, 'to' | 'params' | 'search'>) {
  return (
    <Link className={classOf(look, size)} {...(rest as LinkProps)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}
