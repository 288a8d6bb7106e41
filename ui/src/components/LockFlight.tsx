import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Tone } from '@/api/states';
import { Env } from './Env';
import { Icon } from './Icon';

/** Something that floats: a run in the feed (`mill`), or a candidate. Its sentence is what a screen reader says. What was turned away lies tilted (`isOut`). */
export type Boat = { key: string; name: string; fact: string; tone: Tone; icon: string; sentence: string; to: LinkProps; isOut?: boolean };
/** A small craft in dev: a run of somebody. */
export type Skiff = { key: string; sentence: string; icon: string; to: LinkProps };
/** A gate: how full it is (0 to 1), the tone of what it waits for, and the words beside it. */
export type Gate = { share: number; tone: Tone; label: ReactNode; isHeld?: boolean };
/** The flight of a project. An empty chamber keeps its water and says what is missing. */
export type Flight = {
  head: ReactNode;
  main: { fact: string; mill: Boat | null };
  dev: { fact: string; skiffs: Skiff[]; boats: Boat[] };
  preprod: { fact: string; gate: Gate; boats: Boat[] };
  prod: { fact: string; gate: Gate; boats: Boat[] };
};

function Craft({ boat, className = '' }: { boat: Boat; className?: string }) {
  return (
    <Link {...boat.to} className={`boat ${boat.tone} ${className}`} aria-label={boat.sentence}>
      <span className={`ic ${boat.tone}`}>
        <Icon name={boat.icon} />
      </span>
      <span>
        <b>{boat.name}</b>
        <small>{boat.fact}</small>
      </span>
    </Link>
  );
}

/** Boats before a gate lie side by side, oldest first; from the fourth on only their number shows. */
function Boats({ boats }: { boats: Boat[] }) {
  const out = boats.find((boat) => boat.isOut);
  const lane = boats.filter((boat) => !boat.isOut);
  const [first] = lane;
  return (
    <>
      {out && <Craft boat={out} className="out" />}
      {first && lane.length === 1 && <Craft boat={first} />}
      {lane.length > 1 && (
        <div className="boats">
          {lane.slice(0, 3).map((boat) => (
            <Craft key={boat.key} boat={boat} />
          ))}
          {lane.length > 3 && <span className="boat idle">+{lane.length - 3}</span>}
        </div>
      )}
    </>
  );
}

function Chamber({ name, h, at, isLast = false }: { name: 'preprod' | 'prod'; h: number; at: Flight['preprod']; isLast?: boolean }) {
  const { gate } = at;
  return (
    <div className={`cham ${name}`} style={{ ['--h' as string]: `${h}px` }}>
      <div className="water" />
      <div className="glab">
        <b>Gate into {name}</b>
        {gate.label}
      </div>
      <div className={`gate ${gate.tone}${name === 'preprod' ? ' low' : ''}${gate.isHeld ? ' held' : ''}`}>
        <i style={{ ['--p' as string]: `${Math.round(gate.share * 100)}%` }} />
        {gate.isHeld && <Icon name="hand-stop" />}
      </div>
      {name === 'preprod' && <div className="sill" />}
      {isLast && at.boats[0] ? <Craft boat={at.boats[0]} className="rest" /> : <Boats boats={at.boats} />}
      <div className="cn">
        <b>
          <Env name={name} />
        </b>
        <span>{at.fact}</span>
      </div>
    </div>
  );
}

/** Dev proves, preprod makes, prod serves: what is where, what moves, and what it waits for. */
export function LockFlight({ flight }: { flight: Flight }) {
  const { head, main, dev, preprod, prod } = flight;
  return (
    <div className="panel flightbox">
      <div className="flight" role="group" aria-label="Lock flight">
        <div className="cham main" style={{ ['--h' as string]: '90px' }}>
          <div className="water" />
          <div className="glab first">{head}</div>
          {main.mill && <Craft boat={main.mill} className="mill" />}
          <div className="cn">
            <b>
              <Icon name="git-branch" />
              main
            </b>
            <span>{main.fact}</span>
          </div>
        </div>
        <div className="cham dev" style={{ ['--h' as string]: '40px' }}>
          <div className="water" />
          <div className="glab">
            <b>Feed from main</b>
            <span className="sm dim">A merge runs as preprod, on the sources; its last step cuts a candidate</span>
          </div>
          <div className="feed" />
          <div className="arcade" />
          <div className="quay">
            <Icon name="git-merge" />
          </div>
          <Boats boats={dev.boats} />
          <div className="skiffs">
            {dev.skiffs.slice(0, 4).map(({ key, sentence, icon, to }) => (
              <Link key={key} {...to} className="skiff" aria-label={sentence} title={sentence}>
                <Icon name={icon} />
              </Link>
            ))}
          </div>
          <div className="cn">
            <b>
              <Env name="dev" />
            </b>
            <span>{dev.fact}</span>
          </div>
        </div>
        <Chamber name="preprod" h={110} at={preprod} />
        <Chamber name="prod" h={132} at={prod} isLast />
      </div>
    </div>
  );
}
