import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { ConversationProvider } from '@/features/chat/ConversationProvider';
import { useSession } from '@/shared/session/useSession';
import { Shell } from './Shell';

const ChatPage = lazy(() => import('@/features/chat/ChatPage').then((module) => ({ default: module.ChatPage })));
const ModelsPage = lazy(() =>
  import('@/features/models/ModelsPage').then((module) => ({ default: module.ModelsPage })),
);
const ModelPage = lazy(() => import('@/features/models/ModelPage').then((module) => ({ default: module.ModelPage })));
const DesignsPage = lazy(() =>
  import('@/features/designs/DesignsPage').then((module) => ({ default: module.DesignsPage })),
);
const DesignPage = lazy(() =>
  import('@/features/designs/DesignPage').then((module) => ({ default: module.DesignPage })),
);
const KeysPage = lazy(() => import('@/features/keys/KeysPage').then((module) => ({ default: module.KeysPage })));
const BenchmarksPage = lazy(() =>
  import('@/features/benchmarks/BenchmarksPage').then((module) => ({ default: module.BenchmarksPage })),
);
const RunPage = lazy(() => import('@/features/benchmarks/RunPage').then((module) => ({ default: module.RunPage })));

/** The pages. The conversation lives above them, so that an answer goes on while another page is looked at. */
export function SignedIn() {
  const admin = useSession().role === 'admin';
  return (
    <ConversationProvider>
      <Shell>
        <Suspense fallback={<PageLoading />}>
          <Routes>
            <Route path="/chat" element={<ChatPage />} />
            <Route path="/models" element={<ModelsPage />} />
            {admin && <Route path="/models/*" element={<ModelPage />} />}
            {admin && <Route path="/designs" element={<DesignsPage />} />}
            {admin && <Route path="/designs/*" element={<DesignPage />} />}
            {admin && <Route path="/benchmarks" element={<BenchmarksPage />} />}
            {admin && <Route path="/benchmarks/:id" element={<RunPage />} />}
            {admin && <Route path="/keys" element={<KeysPage />} />}
            <Route path="*" element={<Navigate to="/chat" replace />} />
          </Routes>
        </Suspense>
      </Shell>
    </ConversationProvider>
  );
}

function PageLoading() {
  return (
    <Center h="100%">
      <Loader type="dots" aria-label="Loading" />
    </Center>
  );
}
