import { Link, type LinkProps } from '@tanstack/react-router';

/** A few views of one list, as links side by side. */
export function Seg({ views, current, label }: { views: { key: string; label: string; to: LinkProps }[]; current: string; label: string }) {
  return (
    <nav className="seg" aria-label={label}>
      {views.map(({ key, label: words, to }) => (
        <Link key={key} {...to} className={key === current ? 'on' : ''} aria-current={key === current ? 'page' : undefined}>
          {words}
        </Link>
      ))}
    </nav>
  );
}
