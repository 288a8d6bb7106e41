/** The server's own types, as `npm run gen` writes them from the committed OpenAPI document. */
import type { components } from './v1';

/** A view, body or word of the contract, by its name. */
export type Schema<N extends keyof components['schemas']> = components['schemas'][N];
/** The situation, why or what follows, and the operation that this viewer may call now. */
export type Next = Schema<'Next'>;
/** How every failure is answered. */
export type Problem = Schema<'Problem'>;
/** Which page of a list: where it begins, and how many it has. */
export type Paged = { cursor?: string; limit?: number };
