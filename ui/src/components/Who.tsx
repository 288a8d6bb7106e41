import { Icon } from './Icon';

/** Returns the kind and the name of a principal's text form, `person:ana`. A bare name is a person; a monitor is called what it is, not by its id. */
export function readPrincipal(text: string): { kind: string; name: string } {
  const at = text.indexOf(':');
  if (at < 0) return { kind: 'person', name: text };
  const kind = text.slice(0, at);
  return { kind, name: kind === 'monitor' ? 'its monitor' : text.slice(at + 1) };
}

/** Returns one or two letters for an avatar. */
export function initials(name: string): string {
  const parts = name.split(/[\s._/-]+/).filter(Boolean);
  const letters = parts.length > 1 ? `${parts[0]?.charAt(0)}${parts[1]?.charAt(0)}` : name.slice(0, 2);
  return letters.toUpperCase();
}

/** Parts of the server that act by themselves. */
const machines = ['operator', 'scheduler', 'crawler', 'provisioner', 'system'];

/** Who did it, before reading: people are round with initials, groups carry their icon, machines are square. */
export function Who({ who, title, bare = false }: { who: string; title?: string; bare?: boolean }) {
  const { kind, name } = readPrincipal(who);
  const isMachine = ['environment', 'attempt', 'monitor'].includes(kind) || machines.includes(name);
  return (
    <span className="who" title={title}>
      <span className={`av${isMachine ? ' bot' : ''}`} aria-hidden>
        {isMachine ? <Icon name="robot" /> : kind === 'group' ? <Icon name="users" size="s" /> : initials(name)}
      </span>
      {!bare && <span>{name}</span>}
      {bare && <span className="vh">{name}</span>}
    </span>
  );
}
