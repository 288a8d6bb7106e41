import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { batchesQuery, type BatchView, batchVerbs, createBatch, removeBatch, startBatch } from '@/api/batches';
import { datasetsQuery } from '@/api/datasets';
import { productionQuery } from '@/api/release';
import { can, useMe } from '@/api/session';
import { Btn, Empty, Loading, Pager, Panel, ProblemNote } from '@/components';
import { pageAt } from '@/lib/paging';
import { BatchForm } from './BatchForm';
import { BatchJob } from './BatchJob';
import { createCommand } from './words';

function Job({ batch, mayRemove }: { batch: BatchView; mayRemove: boolean }) {
  const queryClient = useQueryClient();
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: ['batches'] });
  const start = useMutation({ mutationFn: () => startBatch(batch.id), onSuccess });
  const remove = useMutation({ mutationFn: () => removeBatch(batch.id), onSuccess });
  return <BatchJob batch={batch} mayRemove={mayRemove} starting={start.isPending} removing={remove.isPending} problem={start.error ?? remove.error} onStart={() => start.mutate()} onRemove={() => remove.mutate()} />;
}

/** The form with what it offers: the endpoints of the project that answer, and the datasets that the viewer may find. */
function NewJob({ endpoints, onClose }: { endpoints: string[]; onClose: () => void }) {
  const queryClient = useQueryClient();
  const datasets = useQuery(datasetsQuery({}, 200));
  const create = useMutation({
    mutationFn: createBatch,
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['batches'] });
      onClose();
    },
  });
  return <BatchForm endpoints={endpoints} datasets={(datasets.data?.items ?? []).map(({ id }) => id)} busy={create.isPending} problem={create.error} onCreate={(body) => create.mutate(body)} onClose={onClose} />;
}

/** The batch jobs of a project: what its live models score by themselves, and what came of it. */
export function Batches() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const { cursor, from = 0 } = useSearch({ from: '/frame/projects/$id/batches' });
  const navigate = useNavigate();
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  const batches = useQuery({ ...batchesQuery(id, cursor), refetchInterval: (query) => (query.state.data?.items.some((one) => one.state === 'running') ? 1500 : 10_000) });
  const production = useQuery(productionQuery(id));
  const endpoints = (production.data ?? []).filter((one) => one.live != null).map((one) => one.endpoint).toSorted((a, b) => Number(b.startsWith('prod.')) - Number(a.startsWith('prod.')));
  const mayCreate = can(me, batchVerbs.create);
  const mayRemove = can(me, batchVerbs.remove);
  const items = batches.data?.items ?? [];
  return (
    <>
      <div className="row wrap">
        <span className="dim">What live models score by themselves, from dataset into dataset</span>
        <span className="sp" />
        {mayCreate ? (
          !isOpen && (
            <Btn look={items.length === 0 ? 'tint' : 'plain'} icon="plus" onClick={() => setOpen(true)}>
              Set up a batch job
            </Btn>
          )
        ) : (
          <span className="sm faint">You hold no role that may set one up.</span>
        )}
      </div>
      {isOpen && !production.isPending && <NewJob endpoints={endpoints} onClose={() => setOpen(false)} />}
      {batches.error && <ProblemNote problem={batches.error} onRetry={() => void batches.refetch()} />}
      {batches.isPending && <Loading rows={4} />}
      {batches.data && items.length === 0 && (
        <Panel label="Batch jobs">
          <Empty small title="No batch job scores here yet." why="A batch job has a live endpoint score datasets into another one, when asked or every day." command={createCommand(endpoints[0] ?? `prod.${id}`)} />
        </Panel>
      )}
      {items.map((batch) => (
        <Job key={batch.id} batch={batch} mayRemove={mayRemove} />
      ))}
      <Pager from={from} shown={items.length} total={batches.data?.total} next={batches.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/projects/$id/batches', params: { id }, search: pageAt(to, at) })} />
    </>
  );
}
