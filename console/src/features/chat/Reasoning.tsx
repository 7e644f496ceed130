import { Collapse, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Icon } from '@/shared/ui/icons';
import classes from './Messages.module.css';

/** What the model thought, folded away; one click shows it, also while it is being written. */
export function Reasoning({ text, thinking }: { text: string; thinking: boolean }) {
  const [open, { toggle }] = useDisclosure(false);
  return (
    <div className={classes.reasoning}>
      <UnstyledButton className={classes.reasoningHead} aria-expanded={open} onClick={toggle}>
        <Icon name="thought" size={16} />
        <span className={thinking ? classes.shimmer : undefined}>{thinking ? 'Thinking…' : 'Thoughts'}</span>
        <Icon name="chevron" size={14} className={open ? classes.chevronOpen : classes.chevron} />
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={classes.reasoningText}>{text.trim()}</div>
      </Collapse>
    </div>
  );
}
