import { findIcon } from './icons';

/** An icon by its Tabler name. Decoration unless it gets a `label`; `loader-2` is the only one that moves. */
export function Icon({ name, size = 'm', label }: { name: string; size?: 's' | 'm' | 'l'; label?: string }) {
  const Drawn = findIcon(name);
  if (!Drawn) return null;
  const classes = ['i', size === 's' ? 's' : '', size === 'l' ? 'l' : '', name === 'loader-2' ? 'spin' : ''].filter(Boolean).join(' ');
  const spoken = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true };
  return <Drawn className={classes} {...spoken} />;
}
