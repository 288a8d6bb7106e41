import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Icon } from './Icon';

type HeadProps = { icon?: string; kind?: ReactNode; name: ReactNode; title: string; badge?: ReactNode; meta?: ReactNode; actions?: ReactNode };

/** The head of a page: kind, name, state beside it, meta line, and the one primary action at the right. */
export function PageHead({ icon, kind, name, title, badge, meta, actions }: HeadProps) {
  useDocumentTitle(`${title} · Lockgate`);
  return (
    <div className="oh">
      <div style={{ minWidth: 0 }}>
        {kind && (
          <div className="kind">
            {icon && <Icon name={icon} size="s" />}
            {kind}
          </div>
        )}
        <h1>
          <span>{name}</span>
          {badge}
        </h1>
        {meta && <div className="meta">{meta}</div>}
      </div>
      {actions && <div className="acts">{actions}</div>}
    </div>
  );
}

type ObjectPageProps = HeadProps & { next?: ReactNode; tabs?: ReactNode; side?: ReactNode; sideWidth?: number; children: ReactNode };

/** An object's page: head, what next, tabs, main column and side facts. Nobody lays this out by hand. */
export function ObjectPage({ next, tabs, side, sideWidth = 308, children, ...head }: ObjectPageProps) {
  return (
    <>
      <PageHead {...head} />
      {next}
      {tabs}
      {side ? (
        <div className="cols" style={{ ['--side' as string]: `${sideWidth}px` }}>
          <div className="stack">{children}</div>
          <aside className="stack" aria-label="Facts">
            {side}
          </aside>
        </div>
      ) : (
        <div className="stack">{children}</div>
      )}
    </>
  );
}

/** A fact of the meta line: a small icon and plain words. */
export function Meta({ icon, children }: { icon?: string; children: ReactNode }) {
  return (
    <span className="row g4">
      {icon && <Icon name={icon} size="s" />}
      {children}
    </span>
  );
}
