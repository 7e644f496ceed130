// The npm package `openai` against a running platform: node --test openai-sdk.mjs
// DIPPER_URL and DIPPER_API_KEY say where; the package is taken from the console's node_modules.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const load = createRequire(new URL('../../../../console/package.json', import.meta.url));
const OpenAI = load('openai');

const url = process.env.DIPPER_URL;
const key = process.env.DIPPER_API_KEY;
const model = 'dipper-mini';
const hello = [{ role: 'user', content: 'Hello! Who are you?' }];
const endless = { model, messages: [{ role: 'user', content: 'Tell me a story.' }], max_tokens: 1500, ignore_eos: true };
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather for a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Name of the city' } },
      required: ['city'],
    },
  },
};

const client = (options = {}) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, ...options });
const openai = client();

async function until(condition) {
  while (!(await condition())) await sleep(20);
}

async function running() {
  const reply = await fetch(`${url}/api/inference/models`, { headers: { Authorization: `Bearer ${key}` } });
  const { data } = await reply.json();
  return data.find((entry) => entry.name === model).running;
}

test('an answer in one piece, with its usage', async () => {
  const reply = await openai.chat.completions.create({ model, messages: hello, temperature: 0 });
  assert.match(reply.choices[0].message.content, /^I am Dipper Mini/);
  assert.equal(reply.choices[0].finish_reason, 'stop');
  assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens);
});

test('a stream says the same and ends with its usage', async () => {
  const whole = await openai.chat.completions.create({ model, messages: hello, temperature: 0 });
  const stream = await openai.chat.completions.create({
    model, messages: hello, temperature: 0, stream: true, stream_options: { include_usage: true },
  });
  let text = '';
  let last;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    last = chunk;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.deepEqual(last.choices, []);
  assert.equal(last.usage.completion_tokens, whole.usage.completion_tokens);
});

test('the list of models has it', async () => {
  const names = (await openai.models.list()).data.map((entry) => entry.id);
  assert.ok(names.includes(model));
});

test('a tool is called and its result is used', async () => {
  const question = { role: 'user', content: 'What is the weather in Oslo?' };
  const asked = await openai.chat.completions.create({ model, messages: [question], tools: [weather], temperature: 0 });
  const [call] = asked.choices[0].message.tool_calls;
  assert.equal(asked.choices[0].finish_reason, 'tool_calls');
  assert.equal(call.function.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Oslo' });
  const told = await openai.chat.completions.create({
    model, tools: [weather], temperature: 0,
    messages: [
      question, asked.choices[0].message,
      { role: 'tool', tool_call_id: call.id, content: '{"temperature": 7, "condition": "rainy"}' },
    ],
  });
  assert.equal(told.choices[0].message.content, 'In Oslo it is 7 degrees and rainy.');
});

test('the stream helper puts streamed tool calls together', async () => {
  const stream = openai.chat.completions.stream({
    model, tools: [weather], temperature: 0,
    messages: [{ role: 'user', content: 'What is the weather in Oslo and Lima?' }],
  });
  const reply = await stream.finalChatCompletion();
  const cities = reply.choices[0].message.tool_calls.map((call) => JSON.parse(call.function.arguments).city);
  assert.deepEqual(cities, ['Oslo', 'Lima']);
});

test('errors come as the types that the package has for them', async () => {
  const ask = (from, change) => from.chat.completions.create({ model, messages: hello, ...change });
  await assert.rejects(ask(client({ apiKey: 'wrong' }), {}), OpenAI.AuthenticationError);
  await assert.rejects(ask(openai, { model: 'nobody' }), OpenAI.NotFoundError);
  await assert.rejects(ask(openai, { temperature: 2.5 }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'temperature');
    return true;
  });
});

test('a stream that is left frees its place at once', async () => {
  await until(async () => (await running()) === 0);
  const stream = await openai.chat.completions.create({ ...endless, stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) break;
  }
  await until(async () => (await running()) === 0);
});

test('a request beyond the key’s share is retried until there is room', async () => {
  const share = Number(process.env.DIPPER_TEST_SHARE);
  const streams = [];
  for (let i = 0; i < share; i++) streams.push(await openai.chat.completions.create({ ...endless, stream: true }));
  const ask = (from) => from.chat.completions.create({ model, messages: hello, temperature: 0 });
  await assert.rejects(ask(openai), OpenAI.RateLimitError);
  const patient = ask(client({ maxRetries: 8 }));
  for (const stream of streams) stream.controller.abort();
  assert.match((await patient).choices[0].message.content, /^I am Dipper Mini/);
});
