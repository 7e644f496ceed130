import { ApiClient } from '../api/client';
import { ApiError } from '../api/errors';
import type { ModelList } from '../api/openai';

export type Role = 'admin' | 'user';

export interface Credentials {
  key: string;
  role: Role;
}

const STORAGE_KEY = 'dipper.session';

/** Keys live in the tab's session storage: gone with the tab, never shared with another one. */
export const credentialStore = {
  load(): Credentials | null {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null');
      return isCredentials(stored) ? stored : null;
    } catch {
      return null;
    }
  },
  save(credentials: Credentials): void {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(credentials));
  },
  clear(): void {
    sessionStorage.clear();
  },
};

function isCredentials(value: unknown): value is Credentials {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    typeof value.key === 'string' &&
    'role' in value &&
    (value.role === 'admin' || value.role === 'user')
  );
}

/** Asks the gateway whether it knows the key, and whether it is one that administers. Throws the refusal otherwise. */
export async function checkKey(key: string, signal?: AbortSignal): Promise<Credentials> {
  const client = new ApiClient(key);
  await client.get<ModelList>('/v1/models', signal);
  try {
    await client.get('/api/keys', signal);
    return { key, role: 'admin' };
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) return { key, role: 'user' };
    throw error;
  }
}
