import type { ReactNode } from 'react';
import classes from './Tag.module.css';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

/** A short state, said in words; the dot only repeats it. */
export function Tag({ tone = 'neutral', dot = false, children }: { tone?: Tone; dot?: boolean; children: ReactNode }) {
  return (
    <span className={classes.tag} data-tone={tone}>
      {dot && <i className={classes.dot} />}
      {children}
    </span>
  );
}
