import { ApiError, isAbort } from './errors';
import { readEvents } from './sse';

/** Calls the gateway with one key. `onUnauthorized` is told when the key stops being accepted. */
export class ApiClient {
  private readonly key: string;
  private readonly onUnauthorized: () => void;

  constructor(key: string, onUnauthorized: () => void = () => undefined) {
    this.key = key;
    this.onUnauthorized = onUnauthorized;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.call('GET', path, undefined, signal)).json() as Promise<T>;
  }

  async getText(path: string, signal?: AbortSignal): Promise<string> {
    return (await this.call('GET', path, undefined, signal)).text();
  }

  async post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return (await this.call('POST', path, body, signal)).json() as Promise<T>;
  }

  async delete(path: string): Promise<void> {
    await this.call('DELETE', path);
  }

  /** Posts and yields the data of each event of the reply; aborting the signal or leaving the loop closes the connection. */
  async *stream(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const response = await this.call('POST', path, body, signal);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
      throw new ApiError('The platform answered without a stream.', { status: response.status });
    }
    try {
      yield* readEvents(response.body);
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new ApiError('The connection broke off before the answer was complete.');
    }
  }

  private async call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.key}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
        cache: 'no-store',
      });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new ApiError('The platform cannot be reached. Is it running?');
    }
    if (response.ok) return response;
    if (response.status === 401) this.onUnauthorized();
    throw await ApiError.of(response);
  }
}
