import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatDelta } from '@/shared/api/openai';
import { applyChunk, newAssistantTurn, timingOf, toMessages, type AssistantTurn, type Turn } from './transcript';

function chunk(delta: ChatDelta, finish: string | null = null): ChatChunk {
  return { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], usage: null };
}

function answer(...chunks: ChatChunk[]): AssistantTurn {
  return chunks.reduce((turn, next, index) => applyChunk(turn, next, 100 + index * 10), newAssistantTurn('a', 'm', 50));
}

describe('applyChunk', () => {
  it('waits until something visible arrives', () => {
    expect(answer(chunk({ role: 'assistant' })).state).toBe('waiting');
    expect(answer(chunk({ role: 'assistant' }), chunk({ content: 'A' })).state).toBe('streaming');
  });

  it('joins text and reasoning apart', () => {
    const turn = answer(
      chunk({ reasoning_content: 'a' }),
      chunk({ reasoning_content: 'b' }),
      chunk({ content: 'c' }),
      chunk({ content: 'd' }),
    );
    expect(turn.reasoning).toBe('ab');
    expect(turn.content).toBe('cd');
  });

  it('joins the fragments of several calls by their index', () => {
    const turn = answer(
      chunk({ tool_calls: [{ index: 0, id: 'c0', function: { name: 'f', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"x":' } }] }),
      chunk({ tool_calls: [{ index: 1, id: 'c1', function: { name: 'g', arguments: '{' } }] }),
      chunk({
        tool_calls: [
          { index: 0, function: { arguments: '1}' } },
          { index: 1, function: { arguments: '}' } },
        ],
      }),
      chunk({}, 'tool_calls'),
    );
    expect(turn.calls).toEqual([
      { id: 'c0', name: 'f', arguments: '{"x":1}' },
      { id: 'c1', name: 'g', arguments: '{}' },
    ]);
    expect(turn.finishReason).toBe('tool_calls');
  });

  it('takes usage from the frame without choices and measures between tokens', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };
    const turn = answer(chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({ content: 'c' }), {
      ...chunk({}),
      choices: [],
      usage,
    });
    expect(turn.usage).toEqual(usage);
    expect(timingOf(turn)).toEqual({ firstTokenMillis: 50, tokensPerSecond: 100 });
  });

  it('has no rate for a single token', () => {
    expect(timingOf(answer(chunk({ content: 'a' })))).toEqual({ firstTokenMillis: 50, tokensPerSecond: null });
  });
});

describe('toMessages', () => {
  const question: Turn = { kind: 'user', id: 'u', text: 'Hi' };

  it('puts the system prompt first and leaves a blank one out', () => {
    expect(toMessages([question], 'Be brief')).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(toMessages([question], ' \n')).toEqual([{ role: 'user', content: 'Hi' }]);
  });

  it('leaves out answers that never got a word', () => {
    expect(toMessages([question, newAssistantTurn('a', 'm', 0)], '')).toHaveLength(1);
  });

  it('gives reasoning back only beside calls', () => {
    const plain = answer(chunk({ reasoning_content: 'hm' }), chunk({ content: 'Yes' }));
    const calling = answer(
      chunk({ reasoning_content: 'hm' }),
      chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] }),
    );
    const result: Turn = { kind: 'tool', id: 't', callId: 'c', name: 'f', result: '42' };
    expect(toMessages([plain, calling, result], '')).toEqual([
      { role: 'assistant', content: 'Yes' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '42' },
    ]);
  });
});
