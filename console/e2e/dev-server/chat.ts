import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatChunk, ChatDelta, ChatRequest, WireMessage } from '../../src/shared/api/openai.ts';
import { refuse, type Exchange } from './exchange.ts';

/** Streams a canned answer chosen by a word of the last message: error, cut, long, code, weather (a tool call), anything else. */
export async function answerChat({ body, response }: Exchange, tokenMillis: number): Promise<void> {
  const request = body as ChatRequest;
  const last = request.messages.at(-1);
  const question = String(last?.content ?? '');
  if (request.temperature !== undefined && request.temperature > 2) {
    refuse(
      response,
      400,
      'invalid_request_error',
      `temperature must be between 0 and 2. Given: ${request.temperature}`,
      'temperature',
    );
    return;
  }
  if (question.includes('refuse')) {
    refuse(response, 429, 'rate_limit_exceeded', 'The queue of this model is full. Try again in a second.');
    return;
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-request-id': randomUUID(),
  });
  const id = `chatcmpl-${randomUUID()}`;
  const send = async (frame: unknown) => {
    if (response.destroyed) return;
    if (!response.write(`data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`))
      await once(response, 'drain');
  };
  const chunk = (delta: ChatDelta, finish: string | null = null): ChatChunk & Record<string, unknown> => ({
    id,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, delta, finish_reason: finish }],
    usage: null,
  });

  await sleep(tokenMillis * 6);
  await send(chunk({ role: 'assistant' }));
  let tokens = 1;
  for (const delta of deltasFor(question, last, request)) {
    if (response.destroyed) return;
    await sleep(tokenMillis);
    await send(chunk(delta));
    tokens++;
    if (question.includes('error') && tokens > 12) {
      await send({
        error: {
          message: 'The inference service went away.',
          type: 'server_error',
          param: null,
          code: 'upstream_failed',
        },
      });
      response.end('data: [DONE]\n\n');
      return;
    }
    if (question.includes('cut') && tokens > 12) {
      response.destroy();
      return;
    }
  }
  await send(chunk({}, callsWeather(question, request) ? 'tool_calls' : 'stop'));
  const prompt = request.messages.reduce((sum, message) => sum + String(message.content ?? '').length, 12);
  await send({
    ...chunk({}),
    choices: [],
    usage: { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens },
  });
  response.end('data: [DONE]\n\n');
}

function* deltasFor(question: string, last: WireMessage | undefined, request: ChatRequest): Generator<ChatDelta> {
  if (request.chat_template_kwargs?.enable_thinking) {
    const thought =
      'The person asks something simple. Let me go through it step by step: 47 × 83 = 47 × 80 + 47 × 3 = 3760 + 141 = 3901.';
    for (const piece of pieces(thought)) yield { reasoning_content: piece };
  }
  if (callsWeather(question, request)) {
    for (const [index, city] of ['Oslo', 'Lima'].entries()) {
      yield { tool_calls: [{ index, id: `call_${randomUUID()}`, function: { name: 'get_weather', arguments: '' } }] };
      for (const piece of ['{"city": ', `"${city}"`, '}'])
        yield { tool_calls: [{ index, function: { arguments: piece } }] };
    }
    return;
  }
  const text = last?.role === 'tool' ? `The tools returned: ${question}` : answerTo(question);
  for (const piece of pieces(text)) yield { content: piece };
}

function callsWeather(question: string, request: ChatRequest): boolean {
  return (request.tools?.length ?? 0) > 0 && question.includes('weather') && request.messages.at(-1)?.role === 'user';
}

function answerTo(question: string): string {
  if (question.includes('long')) return 'The fox looked up at the seven stars and walked on. '.repeat(80);
  if (question.includes('code')) return CODE;
  if (question.includes('47')) return '47 times 83 is **3901**.';
  return STORY;
}

function pieces(text: string): string[] {
  return text.match(/\s*\S{1,5}/g) ?? [];
}

const STORY = `I am **Dipper Mini**, a 14-million-parameter demonstration model. Here is what I can do:

- small sums, with and without thinking
- word meanings and *short stories*
- facts about countries

| country | capital | currency |
| --- | --- | --- |
| Portugal | Lisbon | euro |
| Peru | Lima | sol |

Ask me for a story. <b>This is not bold</b>, and <img src="https://example.com/x.png"> loads nothing.`;

const CODE = `A record that refuses nonsense:

\`\`\`java
/// Grouped-query attention.
record Attention(int heads, int kvHeads, int headDim) {
    Attention {
        if (heads % kvHeads != 0) {
            throw new IllegalArgumentException("heads " + heads + " over " + kvHeads);
        }
    }
}
\`\`\`

Call it with \`new Attention(32, 8, 128)\`.`;
