import { refuse, reply, type Exchange } from './exchange.ts';

export function handleApi(exchange: Exchange): void {
  const { method, url, admin, response } = exchange;
  if (url.pathname === '/v1/models') {
    reply(response, 200, {
      object: 'list',
      data: [{ id: 'dipper-mini', object: 'model', created: 1764000000, owned_by: 'dipper', max_model_len: 2048 }],
    });
    return;
  }
  if (!admin) {
    refuse(response, 403, 'forbidden', 'This needs an admin key.');
    return;
  }
  if (url.pathname === '/api/keys' && method === 'GET') {
    reply(response, 200, { data: [] });
    return;
  }
  refuse(response, 404, 'not_found', 'There is no such route.');
}
