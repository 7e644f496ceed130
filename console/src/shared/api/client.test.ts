import { describe, expect, it, vi } from 'vitest';
import { ApiClient } from './client';
import { ApiError } from './errors';

function answerWith(response: Response | Error | DOMException): void {
  vi.stubGlobal('fetch', () => (response instanceof Response ? Promise.resolve(response) : Promise.reject(response)));
}

describe('ApiClient', () => {
  it('throws what the platform said, with what finds it in the logs', async () => {
    answerWith(
      new Response('{"error":{"message":"Too hot","type":"invalid_request_error","param":"temperature","code":null}}', {
        status: 400,
        headers: { 'x-request-id': 'r-1', 'retry-after': '3' },
      }),
    );
    await expect(new ApiClient('k').get('/v1/models')).rejects.toMatchObject({
      message: 'Too hot',
      status: 400,
      param: 'temperature',
      requestId: 'r-1',
      retryAfterSeconds: 3,
    });
  });

  it('says so where the answer is no JSON or nobody answers', async () => {
    answerWith(new Response('<html>', { status: 502 }));
    await expect(new ApiClient('k').get('/x')).rejects.toThrow('answered 502');
    answerWith(new TypeError('Failed to fetch'));
    await expect(new ApiClient('k').get('/x')).rejects.toThrow('cannot be reached');
  });

  it('tells of a key that is not accepted any more', async () => {
    const told = vi.fn();
    answerWith(new Response('{}', { status: 401 }));
    await expect(new ApiClient('k', told).get('/x')).rejects.toBeInstanceOf(ApiError);
    expect(told).toHaveBeenCalledOnce();
  });

  it('passes an abort on as it is', async () => {
    answerWith(new DOMException('stopped', 'AbortError'));
    await expect(new ApiClient('k').get('/x')).rejects.toHaveProperty('name', 'AbortError');
  });

  it('takes no reply for a stream that is none', async () => {
    answerWith(Response.json({}));
    const stream = new ApiClient('k').stream('/x', {}, new AbortController().signal);
    await expect(stream.next()).rejects.toThrow('without a stream');
  });
});
