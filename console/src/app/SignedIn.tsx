import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { ConversationProvider } from '@/features/chat/ConversationProvider';
import { Shell } from './Shell';

const ChatPage = lazy(() => import('@/features/chat/ChatPage').then((module) => ({ default: module.ChatPage })));

/** The pages. The conversation lives above them, so that an answer goes on while another page is looked at. */
export function SignedIn() {
  return (
    <ConversationProvider>
      <Shell>
        <Suspense fallback={<PageLoading />}>
          <Routes>
            <Route path="/chat" element={<ChatPage />} />
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
