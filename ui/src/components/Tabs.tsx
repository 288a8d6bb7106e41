import { Link, type LinkProps, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useKeys } from '@/lib/keys';
import { count } from '@/lib/format';

/** One tab: where it leads, its words, how many are there, and whether they wait for the viewer. */
export type Tab = { to: LinkProps; label: string; count?: number | null; waits?: boolean };

/** Tabs are places: each is a link in the path or the search, `[` and `]` go to the neighbours. */
export function Tabs({ tabs, current, label }: { tabs: Tab[]; current: number; label: string }) {
  const navigate = useNavigate();
  const keys = useMemo(() => {
    const go = (step: number) => () => {
      const tab = tabs[current + step];
      if (tab) void navigate(tab.to as Parameters<typeof navigate>[0]);
    };
    return { '[': go(-1), ']': go(1) };
  }, [tabs, current, navigate]);
  useKeys(keys);
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab, at) => (
        <Link key={tab.label} {...tab.to} className={at === current ? 'on' : ''} aria-current={at === current ? 'page' : undefined}>
          {tab.label}
          {tab.count != null && <span className={`n ${tab.waits ? 'waiting' : 'idle'}`}>{count(tab.count)}</span>}
        </Link>
      ))}
    </nav>
  );
}
