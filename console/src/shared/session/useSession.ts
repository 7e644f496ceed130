import { createContext, use } from 'react';
import type { ApiClient } from '../api/client';
import type { Credentials, Role } from './session';

export interface Session {
  role: Role;
  client: ApiClient;
}

export interface SessionControl {
  session: Session | null;
  notice: string | null;
  signIn: (credentials: Credentials) => void;
  signOut: () => void;
}

export const SessionContext = createContext<SessionControl | null>(null);

export function useSessionControl(): SessionControl {
  const control = use(SessionContext);
  if (control === null) throw new Error('SessionProvider is missing above this component.');
  return control;
}

/** For pages behind the sign-in. */
export function useSession(): Session {
  const { session } = useSessionControl();
  if (session === null) throw new Error('This component is shown to signed-in people only.');
  return session;
}
