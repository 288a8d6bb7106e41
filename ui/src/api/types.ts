/** What every part of the page shares with the server. */
import type { Tone } from './states';

/** The situation, why or what follows, and the operation that this viewer may call now. */
export type Next = { tone: Tone; text: string; reason: string; action?: string | null };

/** How every failure is answered. */
export type Problem = { status: number; code: string; detail: string; hint?: string | null; request_id?: string | null };

/** A page of a list. */
export type Page<T> = { items: T[]; next_cursor?: string | null; total?: number | null };
