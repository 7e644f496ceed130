import { useLayoutEffect, useRef } from 'react';
import { AssistantMessage } from './AssistantMessage';
import type { Conversation } from './conversation';
import type { ChatSettings } from './settings';
import classes from './Transcript.module.css';
import type { Turn } from './transcript';
import { ToolResult } from './ToolCards';
import { UserMessage } from './UserMessage';

interface Props {
  turns: readonly Turn[];
  conversation: Conversation;
  model: string | null;
  settings: ChatSettings;
}

/** How near to its end, in pixels, the list must be to follow what is being written. */
const FOLLOW_DISTANCE = 60;

export function Transcript({ turns, conversation, model, settings }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);

  useLayoutEffect(() => {
    const element = list.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [turns]);

  return (
    <div
      ref={list}
      className={classes.scroll}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        following.current = scrollHeight - scrollTop - clientHeight < FOLLOW_DISTANCE;
      }}
    >
      <div className={classes.list} role="log" aria-label="Messages">
        {turns.map((turn, index) => {
          switch (turn.kind) {
            case 'user':
              return (
                <UserMessage
                  key={turn.id}
                  turn={turn}
                  onEdit={(text) => {
                    following.current = true;
                    if (model !== null) void conversation.edit(turn.id, text, model, settings);
                  }}
                />
              );
            case 'tool':
              return <ToolResult key={turn.id} turn={turn} />;
            case 'assistant':
              return (
                <AssistantMessage
                  key={turn.id}
                  turn={turn}
                  last={index === turns.length - 1}
                  onRegenerate={() => {
                    if (model !== null) void conversation.regenerate(turn.id, model, settings);
                  }}
                  onResults={(results) => {
                    if (model !== null) void conversation.giveResults(results, model, settings);
                  }}
                />
              );
          }
        })}
      </div>
    </div>
  );
}
