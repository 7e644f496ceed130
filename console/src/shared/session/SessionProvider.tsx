import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { ApiClient } from '../api/client';
import { credentialStore, type Credentials } from './session';
import { SessionContext } from './useSession';

interface SessionState {
  credentials: Credentials | null;
  notice: string | null;
}

/** Holds who is signed in. A key that the gateway stops accepting signs out, with a notice for the sign-in page. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [{ credentials, notice }, setState] = useState<SessionState>(() => ({
    credentials: credentialStore.load(),
    notice: null,
  }));

  const end = useCallback(
    (reason: string | null) => {
      credentialStore.clear();
      queries.clear();
      setState({ credentials: null, notice: reason });
    },
    [queries],
  );

  const value = useMemo(
    () => ({
      session: credentials && {
        role: credentials.role,
        client: new ApiClient(credentials.key, () => {
          end('The key is no longer accepted. Sign in again.');
        }),
      },
      notice,
      signIn(next: Credentials) {
        credentialStore.save(next);
        setState({ credentials: next, notice: null });
      },
      signOut() {
        end(null);
      },
    }),
    [credentials, notice, end],
  );

  return <SessionContext value={value}>{children}</SessionContext>;
}
