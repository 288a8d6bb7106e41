import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { liveModelsQuery } from '@/api/live';
import { Btn, Empty, Icon, Loading, PageHead, Pager, Panel, ProblemNote } from '@/components';
import { pageAt } from '@/lib/paging';
import { LiveModelTable } from './LiveModelTable';

/** The models that are live: what each is for, whose it is, and whether the viewer may call it. */
export function LiveModels() {
  const { q = '', cursor, from = 0 } = useSearch({ from: '/frame/models/live' });
  const navigate = useNavigate();
  const models = useQuery(liveModelsQuery({ ...(q ? { search: q } : {}), ...(cursor ? { cursor } : {}) }));
  const [typed, setTyped] = useState(q);
  useEffect(() => setTyped(q), [q]);
  const find = useDebouncedCallback((words: string) => void navigate({ to: '/models/live', search: words ? { q: words } : {}, replace: true }), 150);
  const items = models.data?.items ?? [];
  return (
    <>
      <PageHead icon="heartbeat" kind="Discover" name="Live models" title="Live models" meta={<span>What answers in production: what each is for, who answers for it, and whether you may call it</span>} />
      <div className="row g12" style={{ marginBottom: 12 }}>
        <TextInput
          className="bigfind"
          data-find
          aria-label="Find a live model by name, team, owner or use"
          placeholder="Find a live model by name, team, owner or use"
          leftSection={<Icon name="search" size="l" />}
          maxLength={200}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
      </div>
      <Panel label="Live models">
        {models.error && <ProblemNote problem={models.error} onRetry={() => void models.refetch()} />}
        {models.isPending && <Loading rows={5} />}
        {models.data && items.length > 0 && <LiveModelTable models={items} isOld={models.isPlaceholderData} />}
        {models.data && items.length === 0 && q !== '' && (
          <Empty small title={`No live model matches “${q}”.`}>
            <Btn onClick={() => void navigate({ to: '/models/live', search: {} })}>Show all live models</Btn>
          </Empty>
        )}
        {models.data && items.length === 0 && q === '' && (
          <Empty title="No live model is yours to see yet." why="A candidate that is promoted into prod and goes live makes one appear, with the card that its project keeps." command="lockgate live-models list" />
        )}
        <Pager from={from} shown={items.length} total={models.data?.total} next={models.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/models/live', search: { ...(q ? { q } : {}), ...pageAt(to, at) } })} />
      </Panel>
    </>
  );
}
