import type { ChatChunk, ToolCallDelta, Usage, WireMessage } from '@/shared/api/openai';

export interface UserTurn {
  kind: 'user';
  id: string;
  text: string;
}

/** What the caller's function returned for one call of the turn before. */
export interface ToolTurn {
  kind: 'tool';
  id: string;
  callId: string;
  name: string;
  result: string;
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

export interface AssistantTurn {
  kind: 'assistant';
  id: string;
  model: string;
  state: 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';
  content: string;
  reasoning: string;
  calls: ToolCall[];
  finishReason: string | null;
  usage: Usage | null;
  error: unknown;
  /** Milliseconds of one monotonic clock. */
  startedAt: number;
  firstTokenAt: number | null;
  lastTokenAt: number | null;
}

export type Turn = UserTurn | ToolTurn | AssistantTurn;

export function newAssistantTurn(id: string, model: string, startedAt: number): AssistantTurn {
  return {
    kind: 'assistant',
    id,
    model,
    state: 'waiting',
    content: '',
    reasoning: '',
    calls: [],
    finishReason: null,
    usage: null,
    error: null,
    startedAt,
    firstTokenAt: null,
    lastTokenAt: null,
  };
}

export function isLive(turn: Turn | undefined): boolean {
  return turn?.kind === 'assistant' && (turn.state === 'waiting' || turn.state === 'streaming');
}

/** The turn after one more chunk of the stream. */
export function applyChunk(turn: AssistantTurn, chunk: ChatChunk, now: number): AssistantTurn {
  let next = chunk.usage ? { ...turn, usage: chunk.usage } : turn;
  const choice = chunk.choices.find((candidate) => candidate.index === 0);
  if (choice === undefined) return next;
  const { content, reasoning_content: reasoning, tool_calls: calls } = choice.delta;
  if (content || reasoning || calls?.length) {
    next = {
      ...next,
      state: 'streaming',
      content: next.content + (content ?? ''),
      reasoning: next.reasoning + (reasoning ?? ''),
      calls: calls ? calls.reduce(applyCallDelta, next.calls) : next.calls,
      firstTokenAt: next.firstTokenAt ?? now,
      lastTokenAt: now,
    };
  }
  return choice.finish_reason === null ? next : { ...next, finishReason: choice.finish_reason };
}

function applyCallDelta(calls: ToolCall[], delta: ToolCallDelta): ToolCall[] {
  const known = calls[delta.index] ?? { id: '', name: '', arguments: '' };
  const next = [...calls];
  next[delta.index] = {
    id: delta.id ?? known.id,
    name: delta.function?.name ?? known.name,
    arguments: known.arguments + (delta.function?.arguments ?? ''),
  };
  return next;
}

/** The conversation as the wire wants it. Answers that never got a word are left out. */
export function toMessages(turns: readonly Turn[], systemPrompt: string): WireMessage[] {
  const messages: WireMessage[] = systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }];
  for (const turn of turns) {
    switch (turn.kind) {
      case 'user':
        messages.push({ role: 'user', content: turn.text });
        break;
      case 'tool':
        messages.push({ role: 'tool', tool_call_id: turn.callId, content: turn.result });
        break;
      case 'assistant':
        if (turn.content !== '' || turn.calls.length > 0) messages.push(assistantMessage(turn));
        break;
    }
  }
  return messages;
}

function assistantMessage(turn: AssistantTurn): WireMessage {
  if (turn.calls.length === 0) return { role: 'assistant', content: turn.content };
  return {
    role: 'assistant',
    content: turn.content === '' ? null : turn.content,
    // Models read their own thoughts again only while they wait for a tool's result.
    ...(turn.reasoning !== '' && { reasoning_content: turn.reasoning }),
    tool_calls: turn.calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

export interface Timing {
  firstTokenMillis: number;
  /** Of the tokens after the first; null while there are none to divide by. */
  tokensPerSecond: number | null;
}

export function timingOf(turn: AssistantTurn): Timing | null {
  if (turn.firstTokenAt === null || turn.lastTokenAt === null) return null;
  const seconds = (turn.lastTokenAt - turn.firstTokenAt) / 1000;
  const tokens = (turn.usage?.completion_tokens ?? 0) - 1;
  return {
    firstTokenMillis: turn.firstTokenAt - turn.startedAt,
    tokensPerSecond: tokens > 0 && seconds > 0 ? tokens / seconds : null,
  };
}
