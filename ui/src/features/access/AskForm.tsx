import { Checkbox, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useMemo, useState } from 'react';
import { columnsQuery } from '@/api/datasets';
import { projectsQuery } from '@/api/projects';
import { type ColumnTerm, editRequest, newRequest, purposesQuery, requestHistoryQuery, requestQuery, submit as submitRequest, type Use } from '@/api/requests';
import { useMe } from '@/api/session';
import type { Problem } from '@/api/types';
import { Btn, BtnLink, Empty, Loading, PageHead, Panel, ProblemNote } from '@/components';
import { Unread } from '@/frame/Lost';
import { sentence, shortId } from '@/lib/format';
import { type Ask, askOf, askOfDraft, endOf, monthsAhead } from './ask';
import { AskColumns, termOf } from './AskColumns';
import { askers, isEnvironment } from './askers';
import { AskWhat } from './AskWhat';
import { callUses, type Kind, kindWords } from './kinds';
import { WhatStays } from './WhatStays';

const uses: Use[] = ['explore', 'train', 'check', 'score', 'monitor'];

const changedMeanwhile: Problem = { status: 409, code: 'ui.draft_changed', detail: 'This draft was changed meanwhile, and nothing was saved', hint: 'Copy what you wrote, and open the draft again' };

type FormProps = { ask: Ask; draft?: string };

/** The form: to what, for whom and what purpose, which columns, until when. Of a draft the object and for whom stay. */
function Form({ ask, draft }: FormProps) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const me = useMe();
  const purposes = useQuery(purposesQuery);
  const [kind, setKind] = useState<Kind>(ask.kind);
  const [filled, setFilled] = useState(ask);
  const [object, setObject] = useState(ask.object);
  const [wanted, setPrincipal] = useState(ask.principal);
  const projects = useQuery(projectsQuery());
  const asks = askers(me, projects.data?.items ?? []);
  const principal = draft || asks.some(({ value }) => value === wanted) ? wanted : `person:${me.person.id}`;
  const [purpose, setPurpose] = useState(ask.purpose);
  const [picked, setUses] = useState(ask.uses);
  // Only people explore; an environment reads for its runs and its endpoint.
  const isMachine = isEnvironment(principal);
  const chosenUses = kind === 'use' ? callUses : isMachine ? picked.filter((use) => use !== 'explore') : picked;
  const [text, setText] = useState(ask.text);
  const [until, setUntil] = useState(ask.until);
  const [terms, setTerms] = useState(ask.terms);
  const columns = useQuery({ ...columnsQuery(object), enabled: kind === 'read' && object !== '' });
  const chosen = purposes.data?.items.find((one) => one.id === purpose);
  const asked = useMemo(() => {
    const entries = (columns.data?.items ?? []).map((column) => [column.name, termOf(column, terms)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, ColumnTerm] => entry[1] !== undefined));
  }, [columns.data, terms]);
  const send = useMutation({
    mutationFn: async (isSent: boolean) => {
      const body = { purpose: purpose ?? '', uses: chosenUses, text: text.trim(), row_filter: filled.rowFilter, starts_at: filled.startsAt, expires_at: endOf(until, filled), ...(kind === 'read' ? { columns: asked } : {}) };
      if (!draft) return newRequest({ kind, object, principal, ...body, submit: isSent });
      const now = await queryClient.fetchQuery({ ...requestQuery(draft), staleTime: 0 });
      if (now.state !== 'draft' || JSON.stringify(askOfDraft(now)) !== JSON.stringify(filled)) throw changedMeanwhile;
      const edited = await editRequest(draft, body);
      setFilled(askOfDraft(edited));
      return isSent ? submitRequest(draft) : edited;
    },
    onSuccess: async (request) => {
      await queryClient.invalidateQueries({ queryKey: ['requests'] });
      await navigate({ to: '/access/$id', params: { id: request.id }, search: { view: 'mine' } });
      if (draft) queryClient.setQueryData(requestQuery(draft).queryKey, request);
      if (draft) await queryClient.invalidateQueries({ queryKey: requestHistoryQuery(draft).queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate(true);
  };
  const decider = kindWords[kind].decider;
  const fits = (allowed: string[]) => kind !== 'use' || allowed.includes('score');
  const isUnfit = !!chosen && !fits(chosen.allowed_uses);
  const isReady = object !== '' && purpose && !isUnfit && chosenUses.length > 0 && text.trim() !== '' && until !== '' && (kind !== 'read' || Object.keys(asked).length > 0);
  const lacks = [!object && kindWords[kind].object, !purpose && 'a purpose', isUnfit && 'a purpose that allows to score', chosenUses.length === 0 && 'a use', !text.trim() && 'why you need it'].filter(Boolean).join(', ');
  return (
    <>
      <PageHead icon="key" kind="Access" name={draft ? `Change draft ${shortId(draft)}` : 'Ask for access'} title={draft ? 'Change a draft' : 'Ask for access'} meta={`Its ${decider} decides, and may narrow what you ask, never widen it.`} />
      <form className="form wide" onSubmit={submit} aria-label="Ask for access">
        {draft ? (
          <WhatStays ask={ask} />
        ) : (
          <AskWhat
            kind={kind}
            object={object}
            onKind={(next) => {
              setKind(next);
              setObject('');
              setTerms({});
            }}
            onObject={(next) => {
              setObject(next);
              setTerms({});
            }}
          />
        )}
        <Panel title={draft ? 'For what' : 'For whom and what'} padded>
          <div className="form">
            {!draft && <Select label="For whom" allowDeselect={false} data={asks} value={principal} description={isMachine ? 'Its steps and its endpoint do, no person; exploring is for people' : undefined} onChange={(value) => value && setPrincipal(value)} />}
            {purposes.data?.items.length === 0 ? (
              <Empty small title="No purpose is on record yet." why="A purpose says why data may be used at all, with its lawful basis.">
                <BtnLink to="/purposes" look="tint">Record a purpose</BtnLink>
              </Empty>
            ) : (
              <Select
                label="Purpose"
                searchable
                data={(purposes.data?.items ?? []).map(({ id, name, allowed_uses }) => ({ value: id, label: fits(allowed_uses) ? name : `${name}, does not allow to score`, disabled: !fits(allowed_uses) }))}
                value={purpose}
                onChange={setPurpose}
                description={chosen ? `${sentence(chosen.lawful_basis)}; allows ${chosen.allowed_uses.join(', ')}` : 'On record, with its lawful basis'}
              />
            )}
            {kind === 'use' && <p className="hint">To score: the model answers calls of those you ask for. No columns, no rows, no other use.</p>}
            {kind !== 'use' && <Checkbox.Group label="To do what" value={chosenUses} onChange={(values) => setUses(uses.filter((use) => values.includes(use)))}>
              <div className="row wrap g16" style={{ marginTop: 4 }}>
                {uses.map((use) => (
                  <Checkbox key={use} value={use} label={use === 'check' ? 'Check fairness' : sentence(use)} disabled={(isMachine && use === 'explore') || (!!chosen && !chosen.allowed_uses.includes(use))} />
                ))}
              </div>
            </Checkbox.Group>}
            {kind !== 'use' && chosen && chosen.allowed_uses.length < uses.length && <p className="hint">The purpose allows {chosen.allowed_uses.join(', ')} only.</p>}
            <Textarea label="Why do you need it" description={`The ${decider} reads this`} autosize minRows={2} value={text} onChange={(event) => setText(event.currentTarget.value)} />
            <TextInput type="date" label="Until" description="The end cannot be moved later; a longer time is a new request" min={monthsAhead(0)} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
          </div>
        </Panel>
        {kind === 'read' && object !== '' && (
          <Panel
            title="Columns"
            note="what is sensitive starts left out"
            right={<Btn look="sub" onClick={() => setTerms(Object.fromEntries((columns.data?.items ?? []).map(({ name }) => [name, undefined])))}>Leave all out</Btn>}
          >
            {columns.error && <ProblemNote problem={columns.error} />}
            {columns.isPending ? <Loading rows={5} /> : <AskColumns columns={columns.data?.items ?? []} terms={terms} onChange={setTerms} />}
          </Panel>
        )}
        {send.error && <ProblemNote problem={send.error} />}
        <div className="row wrap">
          <Btn type="submit" look="primary" size="lg" disabled={!isReady} busy={send.isPending} busyWord="Sending…">
            Ask for access
          </Btn>
          <Btn size="lg" disabled={!isReady} busy={send.isPending} onClick={() => send.mutate(false)}>
            {draft ? 'Save the draft' : 'Keep as draft'}
          </Btn>
          {!isReady && <span className="sm faint">{lacks ? `Still missing: ${lacks}.` : 'Choose at least one column.'}</span>}
          <span className="sp" />
          {object && kind === 'use' && (
            <Link className="link" to="/models/live/$endpoint" params={{ endpoint: object }}>
              Back to the model
            </Link>
          )}
          {object && kind === 'read' && (
            <Link className="link" to="/datasets/$id" params={{ id: object }}>
              Back to the dataset
            </Link>
          )}
        </div>
      </form>
    </>
  );
}

/** The form with a draft, as long as it is one. */
function DraftForm({ id }: { id: string }) {
  const request = useQuery(requestQuery(id));
  if (request.error) return <Unread problem={request.error} what="request" onRetry={() => void request.refetch()} />;
  if (!request.data) return <Loading rows={6} />;
  if (request.data.state === 'draft') return <Form key={id} ask={askOfDraft(request.data)} draft={id} />;
  return (
    <>
      <PageHead icon="key" kind="Access" name={`Change draft ${shortId(id)}`} title="Change a draft" />
      <Empty title="This request is no draft any more." why="Ask anew for something else.">
        <BtnLink to="/access/$id" params={{ id }} look="tint">
          Open the request
        </BtnLink>
      </Empty>
    </>
  );
}

/** Asks for access, or changes what a draft asks for. */
export function AskForm() {
  const { draft, ...search } = useSearch({ from: '/frame/ask' });
  const me = useMe();
  return draft ? <DraftForm id={draft} /> : <Form ask={askOf(search, me.person.id)} />;
}
