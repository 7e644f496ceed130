/** A key as the gateway lists it: never with its secret. */
export interface KeyInfo {
  id: string;
  name: string;
  role: string;
  prefix?: string | null;
  createdAt: string;
  lastUsedAt?: string | null;
  revokedAt?: string | null;
}

/** The answer to making one: the only time that the secret is seen. */
export interface NewKey {
  id: string;
  name: string;
  role: string;
  key: string;
}
