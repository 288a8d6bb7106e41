import { TextInput } from '@mantine/core';
import { useDebouncedCallback, useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { datasetsQuery, type HitPage } from '@/api/datasets';
import { type Chosen, Empty, type Facet, Facets, FilterChips, Icon, Loading, Pager, Panel, ProblemNote, Btn, Tabs, type Tab } from '@/components';
import { factLook } from '@/components/facts';
import { useKeys } from '@/lib/keys';
import { plural } from '@/lib/format';
import { NoLake } from './NoLake';
import { Preview } from './Preview';
import { Result } from './Result';

const titles = { lake: 'Lake', access: 'Your access', team: 'Owner team', level: 'Highest level' } as const;
type Name = keyof typeof titles;
const names = Object.keys(titles) as Name[];
const views = [
  { label: 'All datasets', access: undefined },
  { label: 'I can read now', access: 'readable' },
  { label: 'I may ask for', access: 'askable' },
];

function facetsOf(page: HitPage | undefined): Facet[] {
  return names.map((name) => ({
    name,
    title: titles[name],
    options: (page?.facets[name] ?? []).map(({ value, count }) => ({
      value,
      count,
      label: name === 'access' ? factLook('datasetForYou', value).word : name === 'level' ? factLook('level', value).word : value,
    })),
  }));
}

/** Which dataset, is it good, may I read it: search, facets, three-line results and a preview. */
export function Catalog() {
  useDocumentTitle('Catalog · Lockgate');
  const search = useSearch({ from: '/frame/catalog' });
  const navigate = useNavigate({ from: '/catalog' });
  const { from = 0, preview, ...asked } = search;
  const page = useQuery(datasetsQuery(asked));
  const [typed, setTyped] = useState(search.q ?? '');
  const [at, setAt] = useState(0);
  const [showFilters, setShowFilters] = useState(false);
  const hits = useMemo(() => page.data?.items ?? [], [page.data]);
  const query = search.q ?? '';
  useEffect(() => setTyped(search.q ?? ''), [search.q]);
  useEffect(() => setAt(0), [query, from]);

  const find = useDebouncedCallback((q: string) => void navigate({ search: ({ cursor: _, from: __, q: ___, ...rest }) => (q ? { ...rest, q } : rest), replace: true }), 150);
  const chosen: Chosen = Object.fromEntries(names.flatMap((name) => (asked[name] ? [[name, [asked[name]]]] : [])));
  const choose = (next: Chosen) => {
    // The server narrows each facet to one value: the newest choice wins.
    const kept = Object.fromEntries(Object.entries(next).flatMap(([name, values]) => (values.length ? [[name, values.at(-1)]] : [])));
    void navigate({ search: { ...(query ? { q: query } : {}), ...kept } });
  };
  const move = (step: number) => {
    const next = Math.min(Math.max(0, at + step), hits.length - 1);
    setAt(next);
    document.getElementById(`hit-${hits[next]?.id}`)?.focus();
  };
  const isPreview = preview !== 'off';
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    ' ': () => void navigate({ search: ({ preview: _, ...rest }) => (isPreview ? { ...rest, preview: 'off' } : rest), replace: true }),
  };
  useKeys(keys);

  const facets = facetsOf(page.data);
  const isFiltered = query !== '' || Object.keys(chosen).length > 0;
  const selected = hits[at];
  const tabs: Tab[] = views.map(({ label, access }) => ({
    label,
    to: { to: '/catalog', search: { ...(query ? { q: query } : {}), ...(access ? { access } : {}) } },
    count: access ? (page.data?.facets.access.find((one) => one.value === access)?.count ?? null) : null,
  }));
  const current = Math.max(0, views.findIndex((view) => view.access === asked.access));
  if (page.data && hits.length === 0 && !isFiltered) return <NoLake />;
  return (
    <>
      <h1 className="vh">Catalog</h1>
      <div className="row g12" style={{ marginBottom: 12 }}>
        <TextInput
          className="bigfind"
          data-find
          aria-label="Find a dataset by name, column or description"
          placeholder="Find a dataset by name, column or description"
          leftSection={<Icon name="search" size="l" />}
          rightSectionWidth={130}
          rightSectionPointerEvents="none"
          rightSection={
            <span className="row sm faint hide-s">
              {page.data?.total != null && plural(page.data.total, 'dataset')}
              <kbd>/</kbd>
            </span>
          }
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
      </div>
      <Tabs tabs={tabs} current={current} label="Views" />
      <div className={isPreview ? 'cat' : 'cat noprev'}>
        <aside aria-label="Filters" className={showFilters ? 'filters open' : 'filters'} id="filters">
          <Facets facets={facets} chosen={chosen} onChange={choose} />
        </aside>
        <div style={{ minWidth: 0 }}>
          <div className="row wrap" style={{ marginBottom: 8 }}>
            <span className="narrow-only">
              <Btn size="sm" icon="adjustments" aria-expanded={showFilters} aria-controls="filters" onClick={() => setShowFilters(!showFilters)}>
                Filters
              </Btn>
            </span>
            <FilterChips facets={facets} chosen={chosen} onChange={choose} />
          </div>
          <Panel label="Results">
            {page.error && <ProblemNote problem={page.error} onRetry={() => void page.refetch()} />}
            {page.isPending && <Loading rows={8} />}
            <div style={{ opacity: page.isPlaceholderData ? 0.55 : 1 }}>
              {hits.map((hit, row) => (
                <Result key={hit.id} hit={hit} isSelected={row === at} onSelect={() => setAt(row)} />
              ))}
            </div>
            {page.data && hits.length === 0 && (
              <Empty small title={query ? `No dataset matches “${query}” with these filters.` : 'No dataset matches these filters.'}>
                <Btn onClick={() => void navigate({ search: query && Object.keys(chosen).length ? { q: query } : {} })}>
                  {Object.keys(chosen).length ? 'Clear filters' : 'Show all datasets'}
                </Btn>
              </Empty>
            )}
          </Panel>
          <Pager
            from={from}
            shown={hits.length}
            total={page.data?.total}
            next={page.data?.next_cursor}
            onPage={(cursor, start) => void navigate({ search: ({ cursor: _, from: __, ...rest }) => (cursor ? { ...rest, cursor, from: start } : rest) })}
          />
          {hits.length > 0 && (
            <p className="hint hide-s">
              <kbd>J</kbd> <kbd>K</kbd> move <kbd>Enter</kbd> open <kbd>Space</kbd> preview
            </p>
          )}
        </div>
        {isPreview && <aside aria-label="Preview" className="prev">{selected && <Preview hit={selected} />}</aside>}
      </div>
    </>
  );
}
