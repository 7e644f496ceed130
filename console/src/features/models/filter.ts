import type { AttentionKind, ModelSummary } from '@/shared/api/registry';

export type SortKey = 'serving' | 'name' | 'total' | 'active' | 'context' | 'kv';

export interface Filter {
  text: string;
  family: string | null;
  kinds: AttentionKind[];
  servingOnly: boolean;
  sort: SortKey;
}

export const NO_FILTER: Filter = { text: '', family: null, kinds: [], servingOnly: false, sort: 'serving' };

type Order = (a: ModelSummary, b: ModelSummary, serving: ReadonlySet<string>) => number;

const ORDERS: Record<SortKey, Order> = {
  serving: (a, b, serving) => Number(serving.has(b.name)) - Number(serving.has(a.name)),
  name: (a, b) => a.name.localeCompare(b.name),
  total: (a, b) => b.architecture.parametersTotal - a.architecture.parametersTotal,
  active: (a, b) => a.architecture.parametersActive - b.architecture.parametersActive,
  context: (a, b) => b.architecture.contextLength - a.architecture.contextLength,
  kv: (a, b) => a.architecture.kvBytesPerToken - b.architecture.kvBytesPerToken,
};

/** The models that meet every condition, in the wanted order. All words of the text must occur in name or family. */
export function select(models: readonly ModelSummary[], filter: Filter, serving: ReadonlySet<string>): ModelSummary[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return models
    .filter((model) => {
      const text = `${model.name} ${model.architecture.family}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (filter.family === null || model.architecture.family === filter.family) &&
        filter.kinds.every((kind) => model.architecture.attentionKinds.includes(kind)) &&
        (!filter.servingOnly || serving.has(model.name))
      );
    })
    .sort((a, b) => ORDERS[filter.sort](a, b, serving) || ORDERS.name(a, b, serving));
}

export function familiesOf(models: readonly ModelSummary[]): string[] {
  return [...new Set(models.map((model) => model.architecture.family))].sort();
}
