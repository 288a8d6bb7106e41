/** What the kinds of request are called: to read a dataset, to publish below a schema, to call a live model. */
import { states } from '@/api/states';
import type { RequestItem, RequestView, Use } from '@/api/requests';
import { sentence } from '@/lib/format';

export type Kind = RequestItem['kind'];

type KindWords = { label: string; object: string; decider: string; doing: string; act: string; starts: string; undo: string; nothing: string };
/** The words of each kind. */
export const kindWords: Record<Kind, KindWords> = {
  read: {
    label: 'Read a dataset', object: 'a dataset', decider: 'data steward', doing: 'reading', act: 'asks for',
    starts: 'Reads start at once and stop by themselves at the end. Every read is kept in the audit log.',
    undo: 'Suspend or revoke the grant at any time; reads stop within a second', nothing: 'reads nothing new',
  },
  write: {
    label: 'Publish datasets below a schema', object: 'a schema', decider: 'data steward', doing: 'publishing below', act: 'asks for',
    starts: 'Datasets can be published at once, until the end. Every publication is kept in the audit log.',
    undo: 'Suspend or revoke the grant at any time; what was published stays', nothing: 'publishes nothing new',
  },
  use: {
    label: 'Call a live model', object: 'a live model', decider: 'model owner', doing: 'calling', act: 'asks to call',
    starts: 'Calls are answered at once, with any token of theirs, and are refused from the end on.',
    undo: 'Suspend or revoke the grant at any time; calls are refused from then on', nothing: 'may call nothing new',
  },
};

/** Returns the kind that an address names; to read, if it names none. */
export const kindOf = (text: string | null | undefined): Kind => (text === 'write' || text === 'use' ? text : 'read');

/** The one use that a request to call a model has. */
export const callUses: Use[] = ['score'];

/** Returns what those who ask want to do, in words. */
export function doingWords(kind: Kind, uses: string[]): string {
  if (kind === 'write') return 'Publish datasets below it';
  if (kind === 'use') return 'Call it, to score';
  return sentence(uses.join(', '));
}

/** Returns the word of a request's state where its own names somebody else: a model owner decides who may call a model. */
export function stateWord(request: Pick<RequestItem, 'kind' | 'state'>): { word?: string } {
  return request.kind === 'use' && request.state === 'submitted' ? { word: states.accessRequest.submitted.word.replace(kindWords.read.decider, kindWords.use.decider) } : {};
}

/** Returns whom an approval lets call what, in a sentence without its end. */
export function callers(request: Pick<RequestView, 'principal' | 'object'>): string {
  const at = request.principal.indexOf(':');
  const [kind, name] = at < 0 ? ['person', request.principal] : [request.principal.slice(0, at), request.principal.slice(at + 1)];
  if (kind === 'group') return `Everyone in group ${name} may call ${request.object}, whoever joins it later too`;
  if (kind === 'environment') return `The machine identity of ${name} may call ${request.object}; no person may by it`;
  return `${name} may call ${request.object}`;
}
