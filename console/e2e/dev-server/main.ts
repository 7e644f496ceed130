// A stand-in for the platform while working on the pages: `npm run fake-gateway`, then `npm run dev`, key "admin" or "user".
// Serves the built pages too. Flags: --port N (0 = any, default 8080), --token-millis N.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { answerChat } from './chat.ts';
import { handleApi, roleOf } from './api.ts';
import { refuse, type Exchange } from './exchange.ts';

const DIST = join(import.meta.dirname, '../../dist');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** As strict as a careful operator would have it, so that the pages are known to work under it. */
// The gateway sends the same file's text.
const POLICY = readFileSync(new URL('../../public/content-security-policy.txt', import.meta.url), 'utf8').trim();

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8080' }, 'token-millis': { type: 'string', default: '25' } },
});
const tokenMillis = Number(values['token-millis']);

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(Number(values.port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) console.log(`ready http://127.0.0.1:${address.port}`);
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/health') {
    response.end('{"status":"UP"}');
    return;
  }
  if (!url.pathname.startsWith('/v1/') && !url.pathname.startsWith('/api/')) {
    servePage(url.pathname, response);
    return;
  }
  const role = roleOf(/^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]);
  if (role === null) {
    refuse(response, 401, 'invalid_api_key', 'The API key is missing or not known.');
    return;
  }
  const exchange: Exchange = {
    method: request.method ?? 'GET',
    url,
    admin: role === 'admin',
    body: await bodyOf(request),
    response,
  };
  if (url.pathname === '/v1/chat/completions') await answerChat(exchange, tokenMillis);
  else handleApi(exchange);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text === '' ? null : JSON.parse(text);
}

function servePage(path: string, response: ServerResponse): void {
  const file = join(DIST, normalize(path === '/' ? '/index.html' : path));
  if (!file.startsWith(DIST) || !existsSync(file) || !statSync(file).isFile()) {
    refuse(response, 404, 'not_found', 'There is no such page.');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
  });
  response.end(readFileSync(file));
}
