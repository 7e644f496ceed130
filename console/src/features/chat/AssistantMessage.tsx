import { ActionIcon, Tooltip } from '@mantine/core';
import { formatMillis } from '@/shared/format';
import { CopyButton } from '@/shared/ui/CopyButton';
import { Icon } from '@/shared/ui/icons';
import { LogoMark } from '@/shared/ui/Logo';
import { ErrorNotice } from '@/shared/ui/Notice';
import { Markdown } from './Markdown';
import classes from './Messages.module.css';
import { Reasoning } from './Reasoning';
import { ToolCalls } from './ToolCards';
import { isLive, timingOf, type AssistantTurn } from './transcript';

interface Props {
  turn: AssistantTurn;
  last: boolean;
  onRegenerate: () => void;
  onResults: (results: readonly string[]) => void;
}

export function AssistantMessage({ turn, last, onRegenerate, onResults }: Props) {
  const live = isLive(turn);
  return (
    <article className={classes.assistant} data-state={turn.state} aria-busy={live}>
      <div className={classes.avatar}>
        <LogoMark size={18} />
      </div>
      <div className={classes.answer}>
        {turn.state === 'waiting' && <Waiting />}
        {turn.reasoning !== '' && <Reasoning text={turn.reasoning} thinking={live && turn.content === ''} />}
        {turn.content !== '' && (
          <div className={classes.text} data-testid="answer">
            <Markdown text={turn.content} />
          </div>
        )}
        {turn.calls.length > 0 && (
          <ToolCalls calls={turn.calls} awaiting={last && turn.state === 'done'} onResults={onResults} />
        )}
        {turn.state === 'failed' && <ErrorNotice error={turn.error} onRetry={onRegenerate} />}
        {!live && <Footer turn={turn} onRegenerate={onRegenerate} />}
      </div>
    </article>
  );
}

function Waiting() {
  return (
    <div className={classes.waiting} role="status" aria-label="Waiting for the first token">
      <span />
      <span />
      <span />
    </div>
  );
}

function Footer({ turn, onRegenerate }: { turn: AssistantTurn; onRegenerate: () => void }) {
  return (
    <footer className={classes.footer}>
      {turn.content !== '' && <CopyButton text={turn.content} label="Copy answer" />}
      <Tooltip label="Answer again">
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Regenerate" onClick={onRegenerate}>
          <Icon name="retry" size={15} />
        </ActionIcon>
      </Tooltip>
      <ul className={classes.numbers} aria-label="Usage">
        {numbersOf(turn).map((number) => (
          <li key={number}>{number}</li>
        ))}
      </ul>
    </footer>
  );
}

/** The small print under an answer. */
function numbersOf(turn: AssistantTurn): string[] {
  const numbers: string[] = [];
  if (turn.state === 'stopped') numbers.push('stopped');
  if (turn.finishReason === 'length') numbers.push('cut by the token limit');
  if (turn.usage) {
    const cached = turn.usage.prompt_tokens_details?.cached_tokens ?? 0;
    numbers.push(`${turn.usage.prompt_tokens} in${cached > 0 ? ` (${cached} cached)` : ''}`);
    numbers.push(`${turn.usage.completion_tokens} out`);
  }
  const timing = timingOf(turn);
  if (timing) {
    numbers.push(`first token ${formatMillis(timing.firstTokenMillis)}`);
    if (timing.tokensPerSecond !== null) numbers.push(`${timing.tokensPerSecond.toFixed(1)} tokens/s`);
  }
  numbers.push(turn.model);
  return numbers;
}
