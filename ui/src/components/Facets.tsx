import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { count } from '@/lib/format';
import { Icon } from './Icon';

/** A choice of a facet with how many it would find. */
export type FacetOption = { value: string; label?: string; count: number };
/** A facet: the word of the filter, its title and its choices. */
export type Facet = { name: string; title: string; options: FacetOption[] };
/** What is chosen, by facet. */
export type Chosen = Record<string, string[]>;

const few = 6;

/** One facet: checkboxes with counts; what is chosen stays visible, the rest beyond six is one click away. */
function FacetBox({ facet, chosen, onChange }: { facet: Facet; chosen: string[]; onChange: (values: string[]) => void }) {
  const [all, setAll] = useState(false);
  // A choice that finds nothing any more must still be there to be taken back.
  const gone = chosen.filter((value) => !facet.options.some((option) => option.value === value)).map((value) => ({ value, count: 0 }));
  const options: FacetOption[] = [...facet.options, ...gone];
  if (options.length === 0) return null;
  const shown = all ? options : options.filter((option, at) => at < few || chosen.includes(option.value));
  const toggle = (value: string) => onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <div className="facet" role="group" aria-label={facet.title}>
      <div className="lab">{facet.title}</div>
      {shown.map((option) => (
        <div className="opt" key={option.value}>
          <Checkbox label={option.label ?? option.value} checked={chosen.includes(option.value)} onChange={() => toggle(option.value)} />
          <span className="sm faint tn">{count(option.count)}</span>
        </div>
      ))}
      {!all && shown.length < options.length && (
        <button type="button" className="link sm" style={{ justifySelf: 'start' }} onClick={() => setAll(true)}>
          {options.length - shown.length} more
        </button>
      )}
    </div>
  );
}

/** The facets of a list, at its left. */
export function Facets({ facets, chosen, onChange }: { facets: Facet[]; chosen: Chosen; onChange: (chosen: Chosen) => void }) {
  return (
    <div className="stack" style={{ gap: 14 }}>
      {facets.map((facet) => (
        <FacetBox key={facet.name} facet={facet} chosen={chosen[facet.name] ?? []} onChange={(values) => onChange({ ...chosen, [facet.name]: values })} />
      ))}
    </div>
  );
}

/** What is chosen, as chips that can be taken away one by one or all at once. */
export function FilterChips({ facets, chosen, onChange }: { facets: Facet[]; chosen: Chosen; onChange: (chosen: Chosen) => void }) {
  const active = facets.flatMap((facet) => (chosen[facet.name] ?? []).map((value) => ({ facet, value })));
  if (active.length === 0) return null;
  return (
    <div className="row wrap" style={{ gap: '4px 6px' }}>
      {active.map(({ facet, value }) => {
        const word = facet.options.find((option) => option.value === value)?.label ?? value;
        const rest = (chosen[facet.name] ?? []).filter((one) => one !== value);
        return (
          <span className="tag" key={`${facet.name}-${value}`}>
            {facet.title}: {word}
            <button type="button" aria-label={`Remove filter ${facet.title}: ${word}`} onClick={() => onChange({ ...chosen, [facet.name]: rest })}>
              <Icon name="x" />
            </button>
          </span>
        );
      })}
      <button type="button" className="link sm" onClick={() => onChange({})}>
        Clear
      </button>
    </div>
  );
}
