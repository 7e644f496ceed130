import { describe, expect, it } from 'vitest';
import type { Architecture, ModelSummary } from '@/shared/api/registry';
import { familiesOf, NO_FILTER, select } from './filter';

function model(name: string, architecture: Partial<Architecture>): ModelSummary {
  return { name, architecture: { attentionKinds: ['full'], ...architecture } } as ModelSummary;
}

const MODELS = [
  model('org/gemma-3', {
    family: 'gemma3',
    attentionKinds: ['full', 'sliding'],
    parametersTotal: 4e9,
    contextLength: 131072,
  }),
  model('qwen3-8b', { family: 'qwen3', parametersTotal: 8e9, contextLength: 40960 }),
  model('dipper-mini', { family: 'qwen3', parametersTotal: 14e6, contextLength: 2048 }),
];
const names = (models: ModelSummary[]) => models.map(({ name }) => name);

describe('select', () => {
  it('puts what is serving first', () => {
    expect(names(select(MODELS, NO_FILTER, new Set(['qwen3-8b'])))).toEqual(['qwen3-8b', 'dipper-mini', 'org/gemma-3']);
  });

  it('lists by name without a filter and leaves its input alone', () => {
    const input = Object.freeze([...MODELS]);
    expect(names(select(input, NO_FILTER, new Set()))).toEqual(['dipper-mini', 'org/gemma-3', 'qwen3-8b']);
  });

  it('wants every word, in name or family, in any case', () => {
    expect(names(select(MODELS, { ...NO_FILTER, text: ' QWEN3 mini ' }, new Set()))).toEqual(['dipper-mini']);
    expect(select(MODELS, { ...NO_FILTER, text: 'qwen3 gemma' }, new Set())).toEqual([]);
  });

  it('combines family, kinds and serving', () => {
    expect(names(select(MODELS, { ...NO_FILTER, kinds: ['sliding', 'full'] }, new Set()))).toEqual(['org/gemma-3']);
    const serving = { ...NO_FILTER, family: 'qwen3', servingOnly: true };
    expect(names(select(MODELS, serving, new Set(['qwen3-8b', 'org/gemma-3'])))).toEqual(['qwen3-8b']);
  });

  it('orders by size, largest first', () => {
    expect(names(select(MODELS, { ...NO_FILTER, sort: 'total' }, new Set()))).toEqual([
      'qwen3-8b',
      'org/gemma-3',
      'dipper-mini',
    ]);
  });
});

describe('familiesOf', () => {
  it('names each family once', () => {
    expect(familiesOf(MODELS)).toEqual(['gemma3', 'qwen3']);
  });
});
