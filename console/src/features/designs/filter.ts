import type { AttentionKind, DesignSummary } from '@/shared/api/registry';

export interface DesignFilter {
  text: string;
  kinds: AttentionKind[];
  /** Most active parameters. */
  maxActive: number | null;
  /** Fewest tokens of context. */
  minContext: number | null;
}

export const ANY_DESIGN: DesignFilter = { text: '', kinds: [], maxActive: null, minContext: null };

/** The designs that meet every condition, in their order. All words of the text must occur in name, vendor or family. */
export function selectDesigns(designs: readonly DesignSummary[], filter: DesignFilter): DesignSummary[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return designs.filter(({ name, vendor, architecture }) => {
    const text = `${name} ${vendor} ${architecture.family}`.toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      filter.kinds.every((kind) => architecture.attentionKinds.includes(kind)) &&
      (filter.maxActive === null || architecture.parametersActive <= filter.maxActive) &&
      (filter.minContext === null || architecture.contextLength >= filter.minContext)
    );
  });
}
