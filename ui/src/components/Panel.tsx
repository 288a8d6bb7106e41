import type { ReactNode } from 'react';

type PanelProps = { title?: ReactNode; note?: ReactNode; right?: ReactNode; foot?: ReactNode; padded?: boolean; label?: string; children: ReactNode };

/** A panel: a named section with a head, a body and perhaps a foot. */
export function Panel({ title, note, right, foot, padded = false, label, children }: PanelProps) {
  const name = label ?? (typeof title === 'string' ? title : undefined);
  return (
    <section className="panel" aria-label={name}>
      {title != null && (
        <div className="ph">
          <h2>{title}</h2>
          {typeof note === 'string' ? <span className="faint cut">{note}</span> : note}
          <span className="sp" />
          {right}
        </div>
      )}
      {padded ? <div className="pb">{children}</div> : children}
      {foot != null && <div className="pf">{foot}</div>}
    </section>
  );
}
