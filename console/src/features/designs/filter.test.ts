import { describe, expect, it } from 'vitest';
import type { AttentionKind, DesignSummary } from '@/shared/api/registry';
import { ANY_DESIGN, selectDesigns } from './filter';

const DESIGNS = [
  design('deepseek-ai/DeepSeek-V3', 'DeepSeek', ['mla'], 37e9, 163_840),
  design('google/gemma-3-27b-it', 'Google', ['full', 'sliding'], 27e9, 131_072),
  design('openai-community/gpt2', 'OpenAI', ['full'], 124e6, 1024),
];

describe('designs', () => {
  it('are all there without conditions, in their order', () => {
    expect(names({})).toEqual(DESIGNS.map(({ name }) => name));
  });

  it('meet every condition that is given', () => {
    expect(names({ kinds: ['mla'], maxActive: 40e9, minContext: 131_072 })).toEqual(['deepseek-ai/DeepSeek-V3']);
    expect(names({ kinds: ['full'] })).toEqual(['google/gemma-3-27b-it', 'openai-community/gpt2']);
    expect(names({ kinds: ['full', 'sliding'] })).toEqual(['google/gemma-3-27b-it']);
    expect(names({ maxActive: 124e6 })).toEqual(['openai-community/gpt2']);
    expect(names({ minContext: 163_841 })).toEqual([]);
  });

  it('are found by words of name and vendor in any case', () => {
    expect(names({ text: 'GOOGLE 27b' })).toEqual(['google/gemma-3-27b-it']);
    expect(names({ text: 'google v3' })).toEqual([]);
  });
});

function names(conditions: Partial<typeof ANY_DESIGN>): string[] {
  return selectDesigns(DESIGNS, { ...ANY_DESIGN, ...conditions }).map(({ name }) => name);
}

function design(
  name: string,
  vendor: string,
  attentionKinds: AttentionKind[],
  parametersActive: number,
  contextLength: number,
): DesignSummary {
  return {
    name,
    vendor,
    released: '2025-01',
    claimedTotal: '',
    claimedActive: null,
    architecture: {
      family: 'any',
      modelType: 'any',
      layers: 1,
      hiddenSize: 1,
      vocabulary: 1,
      contextLength,
      parametersTotal: parametersActive,
      parametersActive,
      experts: null,
      attentionKinds,
      kvBytesPerToken: 1,
      kvBytesMax: 1,
      tied: false,
      positional: 'rope',
      normPlacement: 'pre',
      normKind: 'RMSNorm',
      qkNorm: 'none',
    },
  };
}
