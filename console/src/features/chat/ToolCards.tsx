import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Icon } from '@/shared/ui/icons';
import classes from './ToolCards.module.css';
import type { ToolCall, ToolTurn } from './transcript';

interface Props {
  calls: readonly ToolCall[];
  /** Whether the conversation waits for what these calls return. */
  awaiting: boolean;
  onResults: (results: readonly string[]) => void;
}

export function ToolCalls({ calls, awaiting, onResults }: Props) {
  const [results, setResults] = useState<Record<number, string>>({});
  return (
    <div className={classes.cards}>
      {calls.map((call, index) => (
        <section key={call.id || index} className={classes.card} aria-label={`Call of ${call.name}`}>
          <header className={classes.head}>
            <Icon name="tool" size={15} />
            <span className={classes.name}>{call.name}</span>
          </header>
          <pre className={classes.code}>{pretty(call.arguments)}</pre>
          {awaiting && (
            <Textarea
              className={classes.result}
              aria-label={`Result of ${call.name}`}
              placeholder="What your function returned"
              autosize
              minRows={1}
              maxRows={8}
              value={results[index] ?? ''}
              onChange={(event) => {
                setResults({ ...results, [index]: event.currentTarget.value });
              }}
            />
          )}
        </section>
      ))}
      {awaiting && (
        <Button
          className={classes.give}
          size="xs"
          disabled={calls.some((_, index) => !results[index]?.trim())}
          onClick={() => {
            onResults(calls.map((_, index) => results[index] ?? ''));
          }}
        >
          Give {calls.length === 1 ? 'the result' : 'the results'} to the model
        </Button>
      )}
    </div>
  );
}

export function ToolResult({ turn }: { turn: ToolTurn }) {
  return (
    <section className={classes.card} aria-label={`Result of ${turn.name}`}>
      <header className={classes.head}>
        <Icon name="check" size={15} />
        <span className={classes.name}>{turn.name}</span> returned
      </header>
      <pre className={classes.code}>{pretty(turn.result)}</pre>
    </section>
  );
}

/** JSON laid out; while it is still arriving, or is none, the text as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
