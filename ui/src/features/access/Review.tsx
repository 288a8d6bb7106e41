import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { decide, type Decision, effectQuery, requestQuery, type RequestView, wholeTerms } from '@/api/requests';
import { Btn, Panel, ProblemNote, readPrincipal } from '@/components';
import { day } from '@/lib/format';
import { ColumnTerms, type ColumnFacts } from './ColumnTerms';
import { DecisionBar } from './DecisionBar';
import { ReviewSide } from './ReviewSide';
import { RowRules } from './RowRules';
import { asAsked, type Choice, dayOf, levelsChanged, levelsOf, termsOf } from './terms';

/** Decides a request: says the consequence before the click, and the server's own reason after it. */
export function Review({ request, children }: { request: RequestView; children: ReactNode }) {
  const { asked } = request;
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(() => asAsked(asked));
  // As they were drawn: an approval confirms what its decider has seen, not what came in behind it.
  const [shown, setShown] = useState(() => levelsOf(request));
  const changed = levelsChanged(shown, levelsOf(request));
  const isRead = request.kind === 'read';
  const types = useMemo(() => Object.fromEntries(request.columns.map((column) => [column.name, column.data_type])), [request.columns]);
  const terms = useMemo(() => termsOf(draft, asked, types), [draft, asked, types]);
  const [settled] = useDebouncedValue(terms, 250);
  const decision = useMutation({
    mutationFn: (body: Decision) => decide(request.id, body),
    onError: () => queryClient.invalidateQueries({ queryKey: requestQuery(request.id).queryKey }),
    onSuccess: async (decided) => {
      queryClient.setQueryData(requestQuery(request.id).queryKey, decided);
      await Promise.all(['requests', 'grants', 'request', 'datasets'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
    },
  });
  // Once it is decided, there is nothing left to preview.
  const effect = useQuery({ ...effectQuery(request.id, settled), enabled: decision.isIdle || decision.isError });
  const facts = useMemo(() => {
    const found: Record<string, ColumnFacts> = {};
    for (const column of request.columns) found[column.name] = { level: column.level, source: column.level_source };
    for (const column of effect.data?.columns ?? []) found[column.name] = { ...found[column.name], level: column.level, sees: column.sees };
    return found;
  }, [request.columns, effect.data]);
  const choose = (name: string, choice: Choice) => setDraft((old) => ({ ...old, choices: { ...old.choices, [name]: choice } }));
  const names = asked.columns.map((column) => column.name);
  const reader = readPrincipal(request.principal).name.split('/').at(-1) ?? 'the reader';
  const atEnd = { read: 'Running reads stop then.', write: 'Nothing can be published from then on.', use: 'Calls are refused from then on.' }[request.kind];
  const isProposed = request.columns.filter((column) => column.level_source === 'proposed' && column.as !== 'left_out').length;
  return (
    <>
      <div className="cols" style={{ ['--side' as string]: '228px' }}>
        <div className="stack">
          {children}
          {changed.length > 0 && (
            <Panel label="Levels changed" padded>
              <p role="status">Since this page was drawn: {changed.join('; ')}.</p>
              <Btn size="sm" onClick={() => setShown(levelsOf(request))}>
                I have looked at the levels
              </Btn>
            </Panel>
          )}
          {isRead && (
            <Panel
              title="Columns"
              note={`${names.length} asked for, sensitive first`}
              right={
                <button type="button" className="link sm" onClick={() => setDraft(asAsked(asked))}>
                  As asked
                </button>
              }
              foot={isProposed > 0 ? `Approving confirms the levels shown; ${isProposed} of them ${isProposed === 1 ? 'was' : 'were'} only proposed.` : undefined}
            >
              <ColumnTerms asked={asked.columns} facts={facts} choices={draft.choices} onChoose={choose} reader={reader} />
            </Panel>
          )}
          <div className="two">
            {isRead && (
              <Panel label="Rows" padded>
                <RowRules
                  columns={request.columns.map((column) => column.name)}
                  rules={draft.rules}
                  onChange={(rules) => setDraft((old) => ({ ...old, rules }))}
                  rows={effect.data?.rows}
                  note={effect.data?.rows_note}
                />
                {effect.error && <ProblemNote problem={effect.error} />}
              </Panel>
            )}
            <Panel label="End" padded>
              <TextInput
                type="date"
                label="Ends on"
                description={draft.until < dayOf(asked.expires_at) ? `Earlier than asked, ${day(asked.expires_at)}. ${atEnd}` : `As asked. ${atEnd}`}
                max={dayOf(asked.expires_at)}
                value={draft.until}
                onChange={(event) => setDraft((old) => ({ ...old, until: event.currentTarget?.value ?? old.until }))}
              />
            </Panel>
          </div>
        </div>
        <aside className="stack" aria-label="Consequences">
          <ReviewSide effect={effect.data} request={request} />
        </aside>
      </div>
      <DecisionBar
        request={request}
        draft={draft}
        terms={terms}
        effect={effect.data}
        busy={decision.isPending}
        problem={decision.error}
        onApprove={() => decision.mutate({ decision: 'approve', terms: wholeTerms(terms), levels: shown })}
        onReject={(reason) => decision.mutate({ decision: 'reject', reason })}
      />
    </>
  );
}
