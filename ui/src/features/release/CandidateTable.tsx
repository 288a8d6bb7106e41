import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type ReactNode, useMemo } from 'react';
import { type CandidateView, isOpenPromotion, type ProductionView, type PromotionView } from '@/api/release';
import type { StateLook } from '@/api/states';
import { Badge, lookOf, StateBadge, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { listedLook } from './looks';
import { passedOf } from './metrics';

/** Returns the newest promotion of a candidate into an environment, as the list carries it. */
const lastInto = (candidate: CandidateView, environment: string) => candidate.promotions.find((promotion) => promotion.environment === environment);

/** Returns where a candidate is now, in words: live, stopped, at a gate, or how it ended. */
export function nowOf(candidate: Pick<CandidateView, 'promotions'>, isStopped = false, known: PromotionView[] = []): StateLook {
  const newest = candidate.promotions.find((promotion) => promotion.environment === 'prod' && promotion.state === 'live') ?? candidate.promotions[0];
  if (!newest) return { tone: 'idle', icon: 'circle-dashed', word: 'Not promoted yet' };
  const look = listedLook(newest, known);
  if (newest.state === 'live' && newest.environment === 'prod' && isStopped) return lookOf('endpoint', 'stopped');
  if (newest.state === 'live') return { ...look, word: newest.environment === 'prod' ? 'Live in prod' : 'Verified in preprod' };
  return isOpenPromotion(newest) ? { ...look, word: `${look.word}, ${newest.environment}` } : look;
}

function Gate({ candidate, environment, known }: { candidate: CandidateView; environment: 'preprod' | 'prod'; known: PromotionView[] }) {
  const promotion = lastInto(candidate, environment);
  if (!promotion) return <span className="faint">–</span>;
  const look = listedLook(promotion, known);
  return (
    <Link className="plainlink" to="/projects/$id/candidates/$number/into/$environment" params={{ id: candidate.project, number: String(candidate.number), environment }} aria-label={`Candidate ${candidate.number} into ${environment}: ${look.word}`}>
      <Badge form="plain" look={promotion.state === 'live' && environment === 'preprod' ? { ...look, word: 'Verified' } : look} fact={promotion.kind === 'release' ? null : promotion.kind === 'resume' ? 'resumed' : 'rolled back to'} />
    </Link>
  );
}

const columnsOf = (stopped: number | null, known: PromotionView[]): ColumnDef<CandidateView, unknown>[] => [
  {
    id: 'number',
    header: 'Candidate',
    cell: ({ row: { original } }) => (
      <Link className="link" to="/projects/$id/candidates/$number" params={{ id: original.project, number: String(original.number) }}>
        {original.number}
      </Link>
    ),
  },
  { id: 'what', header: 'What changed', meta: { form: 'wide' }, cell: ({ row: { original } }) => <span className="row g4"><span className="cut">{original.subject}</span> <span className="sm faint nw">{original.model} {original.version}</span></span> },
  {
    id: 'by',
    header: 'By',
    cell: ({ row: { original } }) => (
      <span className="row g4">
        {original.authors.slice(0, 3).map((author) => (
          <Who key={author.name} who={author.person ?? author.name} title={`${author.name}: ${author.why}`} bare />
        ))}
      </span>
    ),
  },
  { id: 'cut', header: 'Cut', cell: ({ row }) => <When at={row.original.created_at} form="ago" /> },
  {
    id: 'checks',
    header: 'Made by main',
    cell: ({ row: { original } }) => <StateBadge kind="verdict" state={original.checks.some((check) => check.verdict === 'failed') ? 'failed' : 'passed'} word={passedOf(original.checks)} form="plain" />,
  },
  { id: 'preprod', header: 'Gate into preprod', cell: ({ row }) => <Gate candidate={row.original} environment="preprod" known={known} /> },
  { id: 'prod', header: 'Gate into prod', cell: ({ row }) => <Gate candidate={row.original} environment="prod" known={known} /> },
  { id: 'now', header: 'Now', cell: ({ row }) => <Badge form="plain" look={nowOf(row.original, row.original.number === stopped, known)} /> },
];

/** Returns the candidate that is live in prod and stopped there. */
export function stoppedIn(production: Pick<ProductionView, 'environment' | 'live' | 'suspended'>[] | undefined): number | null {
  return production?.find((one) => one.environment === 'prod' && one.suspended)?.live ?? null;
}

type TableProps = { candidates: CandidateView[]; promotions: PromotionView[] | undefined; stopped: number | null; isOld?: boolean; empty?: ReactNode };

/** Candidates, the newest first, with how each came through its gates. */
export function CandidateTable({ candidates, promotions, stopped, isOld = false, empty }: TableProps) {
  const columns = useMemo(() => columnsOf(stopped, promotions ?? []), [stopped, promotions]);
  return <DataTable label="Candidates" cards columns={columns} rows={candidates} rowKey={(one) => String(one.number)} isOld={isOld} empty={empty} />;
}
