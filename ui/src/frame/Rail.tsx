import { Link, type LinkProps, useLocation } from '@tanstack/react-router';
import { Icon } from '@/components';
import { Logo } from './Logo';

/** A place of the rail. A count is violet: things that wait for the viewer. */
export type Place = { label: string; icon: string; to: NonNullable<LinkProps['to']>; waits?: number | undefined };
/** The rail: places under the journey's headings. Only places that exist. */
export type Places = { heading?: string; places: Place[] }[];
/** What the foot says of the audit log. */
export type ChainState = { intact: boolean; text: string; checkpoint: string | null };

/** The rail: Home, then the journey, then the state of the audit chain. */
export function Rail({ groups, chain, onGo }: { groups: Places; chain: ChainState | null; onGo?: () => void }) {
  const { pathname } = useLocation();
  const all = groups.flatMap(({ places }) => places.map(({ to }) => String(to)));
  // One place is where the viewer is: `/models` is not, below another place such as `/models/live`.
  const isOther = (to: string) => all.some((other) => other.startsWith(`${to}/`) && pathname.startsWith(other));
  return (
    <nav className="rail" aria-label="Main">
      <Link className="brand" to="/" onClick={onGo}>
        <Logo />
        Lockgate
      </Link>
      {groups.map(({ heading, places }) => (
        <div key={heading ?? 'home'} role={heading ? 'group' : undefined} aria-label={heading}>
          {heading && <h3 aria-hidden>{heading}</h3>}
          {places.map(({ label, icon, to, waits }) => (
            <Link key={label} to={to} onClick={onGo} activeOptions={{ exact: to === '/' || isOther(String(to)) }} activeProps={{ className: 'on', 'aria-current': 'page' }}>
              <Icon name={icon} />
              {label}
              {waits ? (
                <span className="n waiting">
                  {waits}
                  <span className="vh"> wait for you</span>
                </span>
              ) : null}
            </Link>
          ))}
        </div>
      ))}
      {chain && (
        <div className="foot">
          <span className="row g4">
            <span className={`ic ${chain.intact ? 'good' : 'bad'}`}>
              <Icon name={chain.intact ? 'shield-check' : 'shield-x'} />
            </span>
            {chain.text}
          </span>
          {chain.checkpoint && <span>Checkpoint {chain.checkpoint}</span>}
        </div>
      )}
    </nav>
  );
}
