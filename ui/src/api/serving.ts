/** Endpoints. The types stand here by hand until the committed document has these operations; then they become `Schema<'…'>`. */
import { queryOptions } from '@tanstack/react-query';
import type { Client } from 'openapi-fetch';
import { ask, http } from './client';
import type { PageOf } from './release';
import type { Next } from './types';

export type RolloutView = {
  id: string;
  state: string;
  candidate: string;
  model: string;
  version: number;
  reason?: string | null;
  back_to?: string | null;
  started_by: string;
  created_at: string;
  changed_at: string;
  served_at?: string | null;
};
export type EndpointView = {
  id: string;
  name: string;
  environment: string;
  project: string;
  state: 'empty' | 'waiting' | 'serving' | 'stopped';
  /** Where it answers; empty while nothing listens. */
  url: string;
  requested?: RolloutView | null;
  serving?: RolloutView | null;
  last_rollout?: { rollout: string; outcome: string; reason?: string | null; at: string } | null;
  stopped?: { reason: string; by: string; at: string } | null;
  inputs: { name: string; datatype?: string; shape?: number[] }[];
  outputs: { name: string; datatype?: string; shape?: number[] }[];
  columns: string[];
  calls?: { answered: number; refused: number; captured: number; dropped: number } | null;
  created_at: string;
  changed_at: string;
  next: Next;
};

type Json<T> = { 200: { content: { 'application/json': T } } };
type ServingPaths = {
  '/endpoints': { get: { parameters: { query?: { cursor?: string; limit?: number } }; responses: Json<PageOf<EndpointView>> } };
  '/endpoints/{environment}/{name}': { get: { parameters: { path: { environment: string; name: string } }; responses: Json<EndpointView> } };
};
const serving = http as unknown as Client<ServingPaths>;

export const endpointsQuery = (cursor?: string) => queryOptions({ queryKey: ['endpoints', 'list', cursor], queryFn: () => ask(serving.GET('/endpoints', { params: { query: cursor ? { cursor } : {} } })) });
/** An endpoint by its id, `prod.credit-risk`. */
export const endpointQuery = (id: string) => {
  const at = id.indexOf('.');
  const path = { environment: id.slice(0, at), name: id.slice(at + 1) };
  return queryOptions({ queryKey: ['endpoints', id], queryFn: () => ask(serving.GET('/endpoints/{environment}/{name}', { params: { path } })), enabled: at > 0 });
};
