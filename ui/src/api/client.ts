import createClient from 'openapi-fetch';
import type { Problem } from './types';
import type { paths } from './v1';

const prefix = '/api/v1';
// The document names whole paths; here they are written as everyone reads them, below the prefix.
type Below = { [P in keyof paths as P extends `${typeof prefix}${infer Rest}` ? Rest : never]: paths[P] };

/** The generated client: paths, parameters, bodies and answers are those of the contract. */
export const http = createClient<Below>({ baseUrl: prefix });

let csrf: string | null = null;

/** Remembers the word that proves, beside the cookie, that this page sent a change. */
export function rememberCsrf(token: string | null | undefined): void {
  csrf = token ?? null;
}

http.use({
  onRequest({ request }) {
    if (csrf && request.method !== 'GET') request.headers.set('x-lockgate-csrf', csrf);
    return request;
  },
});

/** Returns whether a failure has the form that the server gives its own. */
export function isProblem(thing: unknown): thing is Problem {
  return typeof thing === 'object' && thing !== null && 'code' in thing && 'detail' in thing;
}

/** The code of the one problem that the page itself finds: the server does not answer. */
export const unreachableCode = 'ui.unreachable';
const unreachable: Problem = { status: 0, code: unreachableCode, detail: 'the server does not answer', hint: 'this page tries again by itself; what you typed is kept' };

/** Returns any failure as a problem, so that one part can show it. */
export function problemOf(failure: unknown): Problem {
  if (isProblem(failure)) return failure;
  if (failure instanceof TypeError) return unreachable;
  return { status: 0, code: 'ui.failed', detail: failure instanceof Error ? failure.message : 'this page failed', hint: 'reload the page' };
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Returns the data of an answer, or throws the server's problem. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (failure) {
    throw problemOf(failure);
  }
  if (answer.response.ok) return answer.data as T;
  const { status, headers } = answer.response;
  const requestId = headers.get('x-request-id');
  const problem: Problem = isProblem(answer.error) ? answer.error : { ...unreachable, status, detail: `the server answered ${status}` };
  throw { ...problem, ...(requestId ? { request_id: requestId } : {}) } satisfies Problem;
}

/** Returns a new key that makes a repeated creating call the same call. */
export const onceKey = () => ({ 'Idempotency-Key': crypto.randomUUID() });

declare module '@tanstack/react-query' {
  interface Register {
    defaultError: Problem;
  }
}

/** Sends a body and returns the raw answer, for what streams; throws the server's problem. */
export async function sendRaw(path: string, body: unknown, accept: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept };
  if (csrf) headers['x-lockgate-csrf'] = csrf;
  let response: Response;
  try {
    response = await fetch(`${prefix}${path}`, { method: 'POST', headers, body: JSON.stringify(body), ...(signal ? { signal } : {}) });
  } catch (failure) {
    throw failure instanceof DOMException ? failure : problemOf(failure);
  }
  if (response.ok) return response;
  return ask<Response>(Promise.resolve({ error: await response.json().catch(() => null), response }));
}
