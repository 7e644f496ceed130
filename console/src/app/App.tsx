import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { HashRouter } from 'react-router';
import { SignInPage } from '@/features/signin/SignInPage';
import { ApiError } from '@/shared/api/errors';
import { SessionProvider } from '@/shared/session/SessionProvider';
import { useSessionControl } from '@/shared/session/useSession';
import { SignedIn } from './SignedIn';
import { theme } from './theme';

export function App() {
  const [queries] = useState(newQueryClient);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <SessionProvider>
          <HashRouter>
            <Door />
          </HashRouter>
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Door() {
  const { session } = useSessionControl();
  return session === null ? <SignInPage /> : <SignedIn />;
}

/** A refusal stays one however often it is asked; only trouble on the way is worth another try. */
function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      },
    },
  });
}
