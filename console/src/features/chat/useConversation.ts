import { createContext, use, useSyncExternalStore } from 'react';
import type { Conversation } from './conversation';

export const ConversationContext = createContext<Conversation | null>(null);

export function useConversation() {
  const conversation = use(ConversationContext);
  if (conversation === null) throw new Error('ConversationProvider is missing above this component.');
  const turns = useSyncExternalStore(conversation.subscribe, conversation.turns);
  return { conversation, turns };
}
