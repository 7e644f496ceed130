import type { ApiClient } from './client';
import { ApiError, errorOfBody } from './errors';
import type { ChatChunk, ChatRequest } from './openai';

/** The chunks of one streamed answer. Error frames and streams that end without `[DONE]` become an ApiError. */
export async function* streamChat(
  client: ApiClient,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatChunk, void, undefined> {
  for await (const data of client.stream('/v1/chat/completions', request, signal)) {
    if (data === '[DONE]') return;
    const frame: unknown = parse(data);
    const error = errorOfBody(frame);
    if (error) throw error;
    yield frame as ChatChunk;
  }
  throw new ApiError('The connection ended before the answer was complete.');
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new ApiError('The platform sent a frame that is not JSON.');
  }
}
