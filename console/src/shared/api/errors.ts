/** What the platform said instead of an answer, or what kept us from reaching it (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(message: string, details: Partial<Omit<ApiError, 'message' | 'name'>> = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = details.status ?? 0;
    this.code = details.code ?? null;
    this.param = details.param ?? null;
    this.requestId = details.requestId ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }

  static async of(response: Response): Promise<ApiError> {
    const details = {
      status: response.status,
      requestId: response.headers.get('x-request-id'),
      retryAfterSeconds: Number(response.headers.get('retry-after')) || null,
    };
    const body: unknown = await response.json().catch(() => null);
    return errorOfBody(body, details) ?? new ApiError(`The platform answered ${response.status}.`, details);
  }
}

/** Reads `{"error": {message, type, param, code}}`, the shape of refusals and of error frames in a stream; null when it is something else. */
export function errorOfBody(
  body: unknown,
  details: { status?: number; requestId?: string | null } = {},
): ApiError | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const error = body.error;
  if (typeof error !== 'object' || error === null) return null;
  const text = (name: string) => {
    const value = (error as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : null;
  };
  return new ApiError(text('message') ?? 'The platform reported a fault without a message.', {
    ...details,
    code: text('code') ?? text('type'),
    param: text('param'),
  });
}

/** Aborting is the user's own wish, not an error to show. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
