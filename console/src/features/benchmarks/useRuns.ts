import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Run, RunState, RunSummary, Scenario } from '@/shared/api/benchmark';
import type { Page } from '@/shared/api/registry';
import { useSession } from '@/shared/session/useSession';

const RUNS = '/api/benchmark/runs';
const QUERY = ['benchmark', 'runs'];
const LIVE_MILLIS = 1_000;
const IDLE_MILLIS = 15_000;

export function isOver(state: RunState): boolean {
  return state !== 'QUEUED' && state !== 'RUNNING';
}

export function useRuns() {
  const { client } = useSession();
  return useQuery({
    queryKey: QUERY,
    queryFn: ({ signal }) => client.get<Page<RunSummary>>(RUNS, signal),
    select: (page) => page.data,
    refetchInterval: ({ state }) => (state.data?.data.every((run) => isOver(run.state)) ? IDLE_MILLIS : LIVE_MILLIS),
  });
}

export function useRun(id: string) {
  const { client } = useSession();
  return useQuery({
    queryKey: [...QUERY, id],
    queryFn: ({ signal }) => client.get<Run>(`${RUNS}/${encodeURIComponent(id)}`, signal),
    refetchInterval: ({ state }) => (state.data && isOver(state.data.state) ? false : LIVE_MILLIS),
  });
}

export function useStartRun() {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ scenario, baseline }: { scenario: Scenario; baseline: string | null }) =>
      client.post<{ id: string }>(RUNS, baseline === null ? { scenario } : { scenario, baseline }),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY }),
  });
}

export function useCancelRun(id: string) {
  const { client } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => client.post<unknown>(`${RUNS}/${encodeURIComponent(id)}/cancel`, {}),
    onSettled: () => queries.invalidateQueries({ queryKey: QUERY }),
  });
}
