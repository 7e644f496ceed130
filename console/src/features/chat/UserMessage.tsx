import { ActionIcon, Button, Textarea, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { CopyButton } from '@/shared/ui/CopyButton';
import { Icon } from '@/shared/ui/icons';
import classes from './Messages.module.css';
import type { UserTurn } from './transcript';

export function UserMessage({ turn, onEdit }: { turn: UserTurn; onEdit: (text: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);

  if (draft !== null) {
    const send = () => {
      if (draft.trim() !== '') onEdit(draft.trim());
      setDraft(null);
    };
    return (
      <div className={classes.editing}>
        <Textarea
          aria-label="Edit message"
          autosize
          minRows={2}
          maxRows={12}
          value={draft}
          autoFocus
          onChange={(event) => {
            setDraft(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setDraft(null);
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
          }}
        />
        <div className={classes.editActions}>
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              setDraft(null);
            }}
          >
            Cancel
          </Button>
          <Button size="xs" onClick={send}>
            Send
          </Button>
        </div>
      </div>
    );
  }
  return (
    <div className={classes.user}>
      <div className={classes.userActions}>
        <CopyButton text={turn.text} label="Copy message" />
        <Tooltip label="Edit and ask again">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label="Edit message"
            onClick={() => {
              setDraft(turn.text);
            }}
          >
            <Icon name="edit" size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className={classes.bubble}>{turn.text}</div>
    </div>
  );
}
