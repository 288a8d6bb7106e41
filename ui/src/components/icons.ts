/** The icons of the product, by their Tabler name; `icons.test.ts` shows that every state finds its own. */
import * as all from './icons.list';
import type { Icon as TablerIcon } from '@tabler/icons-react';

const camel = (name: string) => `Icon${name.split('-').map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')}`;

/** Returns the icon of that Tabler name, or undefined if the product does not carry it. */
export function findIcon(name: string): TablerIcon | undefined {
  return (all as Record<string, TablerIcon>)[camel(name)];
}
