import { useQuery } from '@tanstack/react-query';
import { useSession } from '../session/useSession';
import type { Model, ModelList } from './openai';

/** The models that answer right now. */
export function useModels() {
  const { client } = useSession();
  return useQuery({
    queryKey: ['v1', 'models'],
    queryFn: ({ signal }) => client.get<ModelList>('/v1/models', signal),
    select: (list): Model[] => list.data,
    refetchInterval: 10_000,
  });
}
