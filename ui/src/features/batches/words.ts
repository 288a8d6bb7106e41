/** How batch jobs read: what came of the last run, when the next one starts, and what a form lacks. */
import type { BatchOutcome, BatchView, NewBatch } from '@/api/batches';
import { plural, spoken } from '@/lib/format';

/** What a form holds before it is sent. */
export type BatchDraft = { endpoint: string; name: string; datasets: string[]; key: string; output: string; dailyAt: string };

/** Returns what came of a run in words, without its version: rows, or why nothing was published. */
export function outcomeWords(outcome: BatchOutcome): string {
  if (outcome.reason != null) return `Published nothing: ${spoken(outcome.reason)}`;
  const by = outcome.model_version == null ? '' : ` by version ${outcome.model_version} of the model`;
  return outcome.rows == null ? `Scored${by}` : `Scored ${plural(outcome.rows, 'row')}${by}`;
}

/** Returns when it starts by itself, "every day at 02:00 UTC". */
export function startWords(batch: Pick<BatchView, 'daily_at'>): string {
  return batch.daily_at ? `every day at ${batch.daily_at} UTC` : 'only when somebody starts it';
}

/** Returns what is still missing before it can be set up. */
export function lacksOf(draft: BatchDraft): string[] {
  const lacks: [boolean, string][] = [
    [!draft.endpoint, 'the endpoint that scores'],
    [!draft.name, 'a name'],
    [draft.datasets.length === 0, 'what is scored'],
    [!draft.key, 'the record key'],
    [!draft.output, 'where predictions go'],
  ];
  return lacks.filter(([isMissing]) => isMissing).map(([, word]) => word);
}

/** Returns a draft as the server takes it; without a time it starts only when asked. */
export function bodyOf({ dailyAt, ...draft }: BatchDraft): NewBatch {
  return { ...draft, ...(dailyAt ? { daily_at: dailyAt.slice(0, 5) } : {}) };
}

/** The command that sets one up, for a project's endpoint. */
export const createCommand = (endpoint: string) =>
  `lockgate batch create ${endpoint} --name nightly --dataset lake.schema.table --key record_id --output lake.predictions.scores --daily-at 02:00`;
