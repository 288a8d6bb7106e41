import { type StateLook, states } from '@/api/states';
import { factLook, type facts } from './facts';
import { Icon } from './Icon';

/** The kinds of thing that have states. */
export type StateKind = keyof typeof states;
/** `tint` in headers and single use, `plain` in tables, so that a table is not a fruit basket. */
export type BadgeForm = 'tint' | 'plain';

const noLook: StateLook = { tone: 'idle', icon: 'help', word: '' };

/** Returns tone, icon and word of a state; a word this page does not know is shown as it is. */
export function lookOf(kind: StateKind, state: string): StateLook {
  const looks: Record<string, StateLook> = states[kind];
  return looks[state] ?? { ...noLook, word: state };
}

/** Shows a look: tone, icon and word, with the fact added to the word where there is one. */
export function Badge({ look, form = 'tint', fact }: { look: StateLook; form?: BadgeForm; fact?: string | null | undefined }) {
  return (
    <span className={`st ${look.tone}${form === 'plain' ? ' plain' : ''}`}>
      <Icon name={look.icon} />
      {fact ? `${look.word}, ${fact}` : look.word}
    </span>
  );
}

/** Shows a state. Nothing else colours one. `word` replaces the state's own word, as "Waits for you" does. */
export function StateBadge(props: { kind: StateKind; state: string; form?: BadgeForm; fact?: string | null | undefined; word?: string }) {
  const look = lookOf(props.kind, props.state);
  return <Badge look={props.word ? { ...look, word: props.word } : look} form={props.form ?? 'tint'} fact={props.fact} />;
}

/** What the server adds to a state for this viewer: never stored, never sent as a state. */
export function FactBadge(props: { group: keyof typeof facts; fact: string; form?: BadgeForm; word?: string }) {
  const look = factLook(props.group, props.fact);
  return <Badge look={props.word ? { ...look, word: props.word } : look} form={props.form ?? 'plain'} />;
}
