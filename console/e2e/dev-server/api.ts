import { randomUUID } from 'node:crypto';
import type { KeyInfo } from '../../src/shared/api/keys.ts';
import { cancelRun, findRun, listRuns, startRun } from './runs.ts';
import { refuse, reply, type Exchange } from './exchange.ts';
import { loadedModels, modelDetails, modelSummaries, setLoaded } from './models.ts';

const keys: KeyInfo[] = [
  {
    id: 'k1',
    name: 'first admin',
    role: 'ADMIN',
    prefix: 'dpk_Qx3v',
    createdAt: '2026-11-20T08:00:00Z',
    revokedAt: null,
  },
  { id: 'k2', name: 'ci', role: 'USER', prefix: 'dpk_8sLm', createdAt: '2026-11-22T09:30:00Z', revokedAt: null },
  {
    id: 'k3',
    name: 'old laptop',
    role: 'USER',
    prefix: 'dpk_mP2c',
    createdAt: '2026-10-02T10:00:00Z',
    revokedAt: '2026-11-01T00:00:00Z',
  },
];

const secrets = new Map<string, KeyInfo>();

/** The keys "admin" and "user", and those made here until they are revoked. */
export function roleOf(secret: string | undefined): 'admin' | 'user' | null {
  if (secret === 'admin' || secret === 'user') return secret;
  const key = secrets.get(secret ?? '');
  if (key === undefined || key.revokedAt) return null;
  return key.role === 'ADMIN' ? 'admin' : 'user';
}

/** Everything but chat: the model list, and for admins registry, keys and loading. */
export function handleApi(exchange: Exchange): void {
  const { method, url, admin, response } = exchange;
  const route = `${method} ${url.pathname}`;
  if (route === 'GET /v1/models') {
    const data = loadedModels().map((id) => ({
      id,
      object: 'model',
      created: 1764000000,
      owned_by: 'dipper',
      max_model_len: 2048,
    }));
    reply(response, 200, { object: 'list', data });
  } else if (!admin) {
    refuse(response, 403, 'insufficient_permissions', 'This needs an admin key.');
  } else if (url.pathname.startsWith('/api/keys')) {
    handleKeys(exchange);
  } else if (!handleModels(exchange) && !handleRuns(exchange)) {
    refuse(response, 404, 'not_found', 'There is no such route.');
  }
}

function handleKeys({ method, url, body, response }: Exchange): void {
  if (method === 'GET') {
    reply(response, 200, { data: keys });
  } else if (method === 'POST') {
    const { name, role } = body as { name: string; role: string };
    const secret = `dpk_${randomUUID().replaceAll('-', '')}`;
    const key = {
      id: randomUUID(),
      name,
      role: role.toUpperCase(),
      prefix: secret.slice(0, 8),
      createdAt: new Date().toISOString(),
    };
    const info = { ...key, revokedAt: null };
    keys.push(info);
    secrets.set(secret, info);
    reply(response, 201, { ...key, key: secret });
  } else {
    const key = keys.find(({ id }) => id === url.pathname.split('/').at(-1));
    if (key) key.revokedAt = new Date().toISOString();
    reply(response, 204, undefined);
  }
}

function handleModels({ method, url, response }: Exchange): boolean {
  const path = decodeURIComponent(url.pathname);
  const serving = /^\/api\/inference\/models\/(.+)\/(load|unload)$/.exec(path);
  if (method === 'POST' && serving?.[1]) {
    setLoaded(serving[1], serving[2] === 'load');
    reply(response, 200, {});
    return true;
  }
  if (method !== 'GET') return false;
  if (path === '/api/registry/models') {
    reply(response, 200, { data: modelSummaries() });
    return true;
  }
  if (path === '/api/registry/endpoints') {
    reply(response, 200, { data: modelSummaries().flatMap(({ name }) => modelDetails(name)?.endpoints ?? []) });
    return true;
  }
  if (!path.startsWith('/api/registry/models/')) return false;
  const details = modelDetails(path.slice('/api/registry/models/'.length));
  if (details) reply(response, 200, details);
  else refuse(response, 404, 'model_not_found', 'there is no such model');
  return true;
}

function handleRuns({ method, url, body, response }: Exchange): boolean {
  const route = /^\/api\/benchmark\/runs(?:\/(\d+)(\/cancel)?)?$/.exec(url.pathname);
  if (route === null) return false;
  const id = route[1];
  if (id === undefined && method === 'GET') {
    reply(response, 200, { data: listRuns() });
  } else if (id === undefined) {
    const { scenario } = body as { scenario: Record<string, unknown> };
    const run = startRun(scenario);
    reply(response, 202, { id: run.id, state: run.state });
  } else {
    if (route[2]) cancelRun(id);
    const run = findRun(id);
    if (run) reply(response, route[2] ? 202 : 200, run);
    else refuse(response, 404, 'run_not_found', 'there is no such run');
  }
  return true;
}
