import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { datasetHistoryQuery } from '@/api/datasets';
import { History } from '../audit/History';

/** What people did to this dataset. */
export function DatasetHistory() {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const history = useQuery(datasetHistoryQuery(id));
  return <History entries={history.data?.items} problem={history.error} />;
}
