import { ActionIcon, Textarea } from '@mantine/core';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Icon } from '@/shared/ui/icons';
import classes from './Composer.module.css';

interface Props {
  disabled: boolean;
  live: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
}

/** Enter sends, Shift+Enter breaks the line, Escape stops the answer. */
export function Composer({ disabled, live, onSend, onStop }: Props) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const sendable = !disabled && !live && text.trim() !== '';

  useEffect(() => {
    if (!live) field.current?.focus({ preventScroll: true });
  }, [live]);

  function send() {
    if (!sendable) return;
    onSend(text.trim());
    setText('');
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes, Enter picks a candidate.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && live) {
      onStop();
    }
  }

  return (
    <div className={classes.composer}>
      <Textarea
        ref={field}
        className={classes.field}
        variant="unstyled"
        aria-label="Message"
        placeholder={disabled ? 'Waiting for a model…' : 'Message the model'}
        autosize
        minRows={1}
        maxRows={10}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
        autoFocus
      />
      {live ? (
        <ActionIcon size={38} radius="xl" variant="filled" color="gray" aria-label="Stop" onClick={onStop}>
          <Icon name="stop" size={20} />
        </ActionIcon>
      ) : (
        <ActionIcon size={38} radius="xl" variant="filled" aria-label="Send" disabled={!sendable} onClick={send}>
          <Icon name="send" size={20} />
        </ActionIcon>
      )}
    </div>
  );
}
