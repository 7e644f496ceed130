import { describe, expect, it, vi } from 'vitest';
import { ApiClient } from '@/shared/api/client';
import { ApiError } from '@/shared/api/errors';
import type { ChatRequest } from '@/shared/api/openai';
import { Conversation } from './conversation';
import { DEFAULT_SETTINGS } from './settings';
import type { AssistantTurn } from './transcript';

/** A gateway in the place of `fetch`; the test writes the frames of each answer. */
function fakeGateway() {
  const requests: ChatRequest[] = [];
  const streams: { send: (text: string) => void; close: () => void; aborted: () => boolean }[] = [];
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    requests.push(JSON.parse(init.body as string) as ChatRequest);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        init.signal?.addEventListener('abort', () => {
          controller.error(init.signal?.reason);
        });
        streams.push({
          send: (text) => {
            controller.enqueue(encoder.encode(text));
          },
          close: () => {
            controller.close();
          },
          aborted: () => init.signal?.aborted ?? false,
        });
      },
    });
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  });
  return { requests, streams };
}

const word = (text: string) =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

function lastAnswer(conversation: Conversation): AssistantTurn {
  const turn = conversation.turns().at(-1);
  if (turn?.kind !== 'assistant') throw new Error('The last turn is no answer.');
  return turn;
}

describe('Conversation', () => {
  it('streams an answer and sends the conversation so far', async () => {
    const { requests, streams } = fakeGateway();
    const conversation = new Conversation(new ApiClient('k'));
    for (const text of ['One', 'Two']) {
      const answered = conversation.ask(text, 'm', DEFAULT_SETTINGS);
      await vi.waitUntil(
        () => streams.length === requests.length && requests.at(-1)?.messages.at(-1)?.content === text,
      );
      streams.at(-1)?.send(word('Re: ') + word(text) + DONE);
      await answered;
    }
    expect(lastAnswer(conversation)).toMatchObject({ state: 'done', content: 'Re: Two' });
    expect(requests[1]?.messages.map((message) => message.content)).toEqual(['One', 'Re: One', 'Two']);
    expect(conversation.busy).toBe(false);
  });

  it('stops: keeps what came, closes the connection, ignores what comes later', async () => {
    const { streams } = fakeGateway();
    const conversation = new Conversation(new ApiClient('k'));
    const answered = conversation.ask('Go', 'm', DEFAULT_SETTINGS);
    await vi.waitUntil(() => streams.length === 1);
    streams[0]?.send(word('Half'));
    await vi.waitUntil(() => lastAnswer(conversation).content === 'Half');
    conversation.stop();
    await answered;
    expect(streams[0]?.aborted()).toBe(true);
    expect(lastAnswer(conversation)).toMatchObject({ state: 'stopped', content: 'Half' });
  });

  it('regenerates from the same question and edits another one in its place', async () => {
    const { requests, streams } = fakeGateway();
    const conversation = new Conversation(new ApiClient('k'));
    const answer = async (answered: Promise<void>, count: number) => {
      await vi.waitUntil(() => streams.length === count);
      streams[count - 1]?.send(word(`Answer ${count}`) + DONE);
      await answered;
    };
    await answer(conversation.ask('First', 'm', DEFAULT_SETTINGS), 1);
    await answer(conversation.regenerate(lastAnswer(conversation).id, 'm', DEFAULT_SETTINGS), 2);
    expect(requests[1]?.messages).toEqual(requests[0]?.messages);
    expect(conversation.turns()).toHaveLength(2);
    await answer(conversation.edit(conversation.turns()[0]?.id ?? '', 'Other', 'm', DEFAULT_SETTINGS), 3);
    expect(requests[2]?.messages).toEqual([{ role: 'user', content: 'Other' }]);
    expect(lastAnswer(conversation).content).toBe('Answer 3');
  });

  it('shows an error frame and a cut connection as failures and keeps the text', async () => {
    const { streams } = fakeGateway();
    const conversation = new Conversation(new ApiClient('k'));
    const first = conversation.ask('One', 'm', DEFAULT_SETTINGS);
    await vi.waitUntil(() => streams.length === 1);
    streams[0]?.send(
      word('Half') + 'data: {"error":{"message":"Gone","type":"server_error","param":null,"code":null}}\n\n' + DONE,
    );
    await first;
    expect(lastAnswer(conversation)).toMatchObject({
      state: 'failed',
      content: 'Half',
      error: new ApiError('Gone', { code: 'server_error' }),
    });

    const second = conversation.ask('Two', 'm', DEFAULT_SETTINGS);
    await vi.waitUntil(() => streams.length === 2);
    streams[1]?.send(word('Half'));
    streams[1]?.close();
    await second;
    expect(lastAnswer(conversation).state).toBe('failed');
  });

  it('hands the results of calls back in order', async () => {
    const { requests, streams } = fakeGateway();
    const conversation = new Conversation(new ApiClient('k'));
    const calls = [0, 1].map((index) => ({ index, id: `c${index}`, function: { name: 'f', arguments: '{}' } }));
    const asked = conversation.ask('Call', 'm', DEFAULT_SETTINGS);
    await vi.waitUntil(() => streams.length === 1);
    const delta = { choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: 'tool_calls' }] };
    streams[0]?.send(`data: ${JSON.stringify(delta)}\n\n${DONE}`);
    await asked;
    const given = conversation.giveResults(['a', 'b'], 'm', DEFAULT_SETTINGS);
    await vi.waitUntil(() => streams.length === 2);
    streams[1]?.send(word('Both') + DONE);
    await given;
    expect(requests[1]?.messages.slice(-2)).toEqual([
      { role: 'tool', tool_call_id: 'c0', content: 'a' },
      { role: 'tool', tool_call_id: 'c1', content: 'b' },
    ]);
  });
});
