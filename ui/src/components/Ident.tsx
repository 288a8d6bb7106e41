import { Fragment } from 'react';

/** An identifier in mono that breaks after its dots and underscores, where it has to break at all. */
export function Ident({ name }: { name: string }) {
  return (
    <span className="mono ident">
      {name.split(/(?<=[._])/).map((part, at) => (
        <Fragment key={`${at}-${part}`}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}
