import type { ReactNode } from 'react';
import classes from './FactList.module.css';

/** Values of more characters get two tiles. */
const LONG = 22;

/** Names and values, laid out as tiles. */
export function FactList({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact} data-long={typeof value === 'string' && value.length > LONG}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
