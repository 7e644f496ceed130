import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Endpoint, ModelDetails, ModelSummary, Page } from '@/shared/api/registry';
import { pathOf } from '@/shared/api/paths';
import { useSession } from '@/shared/session/useSession';

export function useCatalogue() {
  const { client } = useSession();
  return useQuery({
    queryKey: ['registry', 'models'],
    queryFn: ({ signal }) => client.get<Page<ModelSummary>>('/api/registry/models', signal),
    select: (page) => page.data,
  });
}

export function useEndpoints() {
  const { client } = useSession();
  return useQuery({
    queryKey: ['registry', 'endpoints'],
    queryFn: ({ signal }) => client.get<Page<Endpoint>>('/api/registry/endpoints', signal),
    select: (page) => page.data,
    refetchInterval: 5_000,
  });
}

export function useModelDetails(name: string) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['registry', 'models', name],
    queryFn: ({ signal }) => client.get<ModelDetails>(`/api/registry/models/${pathOf(name)}`, signal),
    refetchInterval: 5_000,
  });
}

/** Loads a model on an inference service, or unloads it. */
export function useServing(name: string) {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (verb: 'load' | 'unload') =>
      client.post<unknown>(`/api/inference/models/${encodeURIComponent(name)}/${verb}`, {}),
    onSettled: () => queries.invalidateQueries({ queryKey: ['registry'] }),
  });
}
