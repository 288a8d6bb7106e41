import { useRouter } from '@tanstack/react-router';
import { problemOf } from '@/api/client';
import type { Problem } from '@/api/types';
import { Btn, BtnLink, Empty, PageHead, Panel, ProblemNote } from '@/components';

/** An address that leads nowhere. "Not there" and "not yours to see" look the same. */
export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <>
      <PageHead name={`No such ${what}`} title="Not found" />
      <Panel label="Not found">
        <Empty title={`There is no ${what} at this address, or it is not yours to see.`} why="Both look the same, so that an address tells nobody what exists.">
          <BtnLink to="/catalog" look="primary">
            Find data
          </BtnLink>
          <BtnLink to="/">Go home</BtnLink>
        </Empty>
      </Panel>
    </>
  );
}

/** What a page shows instead of an object that could not be read. */
export function Unread({ problem, what, onRetry }: { problem: Problem; what: string; onRetry?: () => void }) {
  if (problem.status === 404) return <NotFound what={what} />;
  return (
    <>
      <PageHead name={`This ${what} could not be read`} title="Could not be read" />
      <ProblemNote problem={problem} {...(onRetry ? { onRetry } : {})} />
    </>
  );
}

/** A fault of this page itself: says so, and the way on. */
export function PageFault({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <>
      <PageHead name="This page failed" title="Failed" />
      <ProblemNote problem={problemOf(error)} />
      <div className="row" style={{ marginTop: 12 }}>
        <Btn look="primary" icon="refresh" onClick={() => void router.invalidate()}>
          Try again
        </Btn>
        <BtnLink to="/">Go home</BtnLink>
      </div>
    </>
  );
}
