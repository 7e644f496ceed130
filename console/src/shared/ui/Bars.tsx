import classes from './Bars.module.css';

export interface Bar {
  name: string;
  value: number;
  text: string;
  color?: string;
}

/** Values compared by length; the text beside each bar says the number. */
export function Bars({ label, bars }: { label: string; bars: readonly Bar[] }) {
  const largest = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <dl className={classes.bars} aria-label={label}>
      {bars.map(({ name, value, text, color }) => (
        <div key={name} className={classes.row}>
          <dt>{name}</dt>
          <div className={classes.track}>
            <div
              className={classes.bar}
              style={{ width: `${(value / largest) * 100}%`, ...(color && { background: color }) }}
            />
          </div>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
