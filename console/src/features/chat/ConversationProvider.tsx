import { useEffect, useMemo, type ReactNode } from 'react';
import { useSession } from '@/shared/session/useSession';
import { Conversation } from './conversation';
import { ConversationContext } from './useConversation';

export function ConversationProvider({ children }: { children: ReactNode }) {
  const { client } = useSession();
  const conversation = useMemo(() => new Conversation(client), [client]);
  useEffect(
    () => () => {
      conversation.stop();
    },
    [conversation],
  );
  return <ConversationContext value={conversation}>{children}</ConversationContext>;
}
