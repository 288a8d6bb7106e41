import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { datasetHistoryQuery } from '@/api/datasets';
import { History } from '../audit/History';

/** What was done to the dataset, by whom and when. */
export function DatasetHistory() {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const history = useQuery(datasetHistoryQuery(id));
  return <History entries={history.data?.toReversed()} problem={history.error} />;
}
