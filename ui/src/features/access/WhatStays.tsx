import { Facts, Panel, Who } from '@/components';
import { sentence } from '@/lib/format';
import type { Ask } from './ask';
import { kindWords } from './kinds';
import { ruleText } from './terms';

/** What a draft was begun for, and stays for. */
export function WhatStays({ ask }: { ask: Ask }) {
  return (
    <Panel title="To what and for whom" note="stays; ask anew for something else" padded>
      <Facts
        items={[
          ['Asked for', kindWords[ask.kind].label],
          [sentence(kindWords[ask.kind].object.replace(/^a /, '')), <span key="object" className="mono">{ask.object}</span>],
          ['For whom', <Who key="who" who={ask.principal} />],
          ['Only rows where', ask.rowFilter.map((rule) => ruleText(rule)).join('; and ') || null],
        ]}
      />
    </Panel>
  );
}
