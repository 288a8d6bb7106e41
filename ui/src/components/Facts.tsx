import { Fragment, type ReactNode } from 'react';

/** Who, where, how: a list of named facts. A fact that is null is left out. */
export function Facts({ items }: { items: [label: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {items
        .filter(([, value]) => value != null)
        .map(([label, value]) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
