import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type PurposeView, purposesQuery } from '@/api/requests';
import { shortId } from '@/lib/format';

type Named = Pick<PurposeView, 'id' | 'name'>;

/** Returns what a purpose is called; its id, shortened, where its name is not known. */
export function purposeName(id: string, known: Named[] | undefined): string {
  return known?.find((one) => one.id === id)?.name ?? shortId(id);
}

/** Returns a text of the server's with the purposes in it by their names. */
export function purposesIn(text: string, known: Named[] | undefined): string {
  return text.replace(/`?(\bp-[0-9a-f]{32}\b)`?/g, (_, id: string) => purposeName(id, known));
}

/** The purposes on record, to name them by. */
export function usePurposes(): Named[] | undefined {
  return useQuery(purposesQuery).data?.items;
}

/** A purpose by its name. */
export function PurposeName({ id }: { id: string }) {
  return <>{purposeName(id, usePurposes())}</>;
}

/** Purposes by their names, each with the way to its record. */
export function PurposeLinks({ ids }: { ids: string[] }) {
  const known = usePurposes();
  return ids.map((id) => (
    <Link key={id} className="link" style={{ display: 'block' }} to="/purposes/$id" params={{ id }}>
      {purposeName(id, known)}
    </Link>
  ));
}
