import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** One request, read whole, and the reply to it. */
export interface Exchange {
  method: string;
  url: URL;
  admin: boolean;
  body: unknown;
  response: ServerResponse;
}

export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': randomUUID() });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  param: string | null = null,
): void {
  reply(response, status, { error: { message, type: 'invalid_request_error', param, code } });
}
