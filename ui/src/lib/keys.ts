import { useEffect } from 'react';

/** What a key does. Sequences are written with a space: "g c". */
export type Keys = Record<string, () => void>;

const switchName = 'lockgate-single-keys';

/** Returns whether single-letter keys are on (WCAG 2.1.4 wants a way to switch them off). */
export function singleKeysOn(): boolean {
  return localStorage.getItem(switchName) !== 'off';
}

/** Switches single-letter keys on or off in this browser. */
export function switchSingleKeys(on: boolean): void {
  localStorage.setItem(switchName, on ? 'on' : 'off');
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.('input, textarea, select, [contenteditable="true"], [role="dialog"]');
}

let pending: { key: string; until: number } | null = null;

/** Answers keys while the component is shown; off in inputs, in dialogs and with modifiers. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key.length === 1 && !singleKeysOn()) return;
      const sequence = pending && pending.until > event.timeStamp ? `${pending.key} ${event.key}` : event.key;
      const act = keys[sequence];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [keys]);
}

/** Remembers the first key of a sequence for a second; the frame calls this once. */
export function useSequenceStart(first: string): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const starts = event.key === first && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && singleKeysOn();
      // After every listener of this key has looked, so that "g" itself does not end its own sequence.
      queueMicrotask(() => (pending = starts ? { key: first, until: event.timeStamp + 1000 } : null));
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [first]);
}
