import type { Endpoint, ExportState } from '@/shared/api/registry';
import { Tag, type Tone } from '@/shared/ui/Tag';

export function ServingTag({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const ready = endpoints.filter((endpoint) => endpoint.state === 'READY').length;
  if (ready > 0) {
    return (
      <Tag tone="good" dot>
        Serving{ready > 1 ? ` × ${ready}` : ''}
      </Tag>
    );
  }
  if (endpoints.some((endpoint) => endpoint.state === 'LOADING')) {
    return (
      <Tag tone="warn" dot>
        Loading
      </Tag>
    );
  }
  return endpoints.length > 0 ? <Tag tone="warn">Draining</Tag> : <Tag>Not loaded</Tag>;
}

const PROOFS: Record<ExportState, { label: string; tone: Tone }> = {
  UNPROVEN: { label: 'Not proven', tone: 'neutral' },
  PROVING: { label: 'Being proven', tone: 'warn' },
  PROVEN: { label: 'Proven', tone: 'good' },
  AMBIGUOUS: { label: 'Ambiguous', tone: 'warn' },
  FAILED: { label: 'Failed its proof', tone: 'bad' },
};

export function ProofTag({ state }: { state: ExportState }) {
  const { label, tone } = PROOFS[state];
  return <Tag tone={tone}>{label}</Tag>;
}
