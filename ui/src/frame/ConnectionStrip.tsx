import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import { Icon } from '@/components';
import { duration, instant } from '@/lib/format';

/** A lost connection: how old is what you see. The page tries again by itself. */
export function ConnectionStrip({ since }: { since: number }) {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1000, { autoInvoke: true });
  const age = since > 0 ? ` What you see is from ${instant(new Date(since).toISOString())}, ${duration(Math.max(1000, now - since))} ago.` : '';
  return (
    <div className="strip" role="status">
      <Icon name="plug-x" size="s" />
      Connection lost.{age} Trying again every 5 s.
    </div>
  );
}
