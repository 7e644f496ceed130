import { useQuery } from '@tanstack/react-query';
import { pathOf } from '@/shared/api/paths';
import type { DesignDetails, DesignSummary, Page } from '@/shared/api/registry';
import { useSession } from '@/shared/session/useSession';

export function useDesigns() {
  const { client } = useSession();
  return useQuery({
    queryKey: ['registry', 'designs'],
    queryFn: ({ signal }) => client.get<Page<DesignSummary>>('/api/registry/designs', signal),
    select: (page) => page.data,
  });
}

export function useDesign(name: string) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['registry', 'designs', name],
    queryFn: ({ signal }) => client.get<DesignDetails>(`/api/registry/designs/${pathOf(name)}`, signal),
  });
}

/** The drawing as SVG; with a second name, both side by side. */
export function useDrawing(name: string, against: string | null) {
  const { client } = useSession();
  const query = against === null ? '' : `?against=${encodeURIComponent(against)}`;
  return useQuery({
    queryKey: ['registry', 'designs', name, 'drawing', against],
    queryFn: ({ signal }) => client.getText(`/api/registry/designs/${pathOf(name)}/diagram${query}`, signal),
  });
}
