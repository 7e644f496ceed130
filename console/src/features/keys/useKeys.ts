import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { KeyInfo, NewKey } from '@/shared/api/keys';
import type { Page } from '@/shared/api/registry';
import { useSession } from '@/shared/session/useSession';

const QUERY = ['keys'];

export function useKeys() {
  const { client } = useSession();
  return useQuery({
    queryKey: QUERY,
    queryFn: ({ signal }) => client.get<Page<KeyInfo>>('/api/keys', signal),
    select: (page) => page.data,
  });
}

export function useCreateKey() {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wanted: { name: string; role: 'user' | 'admin' }) => client.post<NewKey>('/api/keys', wanted),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY }),
  });
}

export function useRevokeKey() {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => client.delete(`/api/keys/${encodeURIComponent(id)}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY }),
  });
}
