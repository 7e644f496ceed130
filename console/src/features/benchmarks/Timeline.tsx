import type { Second } from '@/shared/api/benchmark';
import classes from './Chart.module.css';

const WIDTH = 520;
const HEIGHT = 130;

/** Pieces of text that all answers together got in each second; a red mark where requests failed. */
export function Timeline({ seconds }: { seconds: readonly Second[] }) {
  const most = Math.max(1, ...seconds.map((second) => second.pieces));
  const step = WIDTH / seconds.length;
  return (
    <figure className={classes.figure}>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`At most ${most.toLocaleString('en')} pieces of text a second over ${seconds.length} seconds`}
      >
        {seconds.map(({ second, pieces, failed }) => {
          const height = (pieces / most) * (HEIGHT - 12);
          return (
            <g key={second}>
              <rect
                className={classes.bar}
                x={second * step}
                y={HEIGHT - height}
                width={Math.max(1, step - Math.min(2, step * 0.2))}
                height={height}
                rx={Math.min(2, step / 4)}
              />
              {failed > 0 && <circle className={classes.failure} cx={second * step + step / 2} cy={6} r={3} />}
            </g>
          );
        })}
      </svg>
      <figcaption className={classes.legend}>
        <span className={classes.value}>
          0 to {seconds.length} s · at most {most.toLocaleString('en')} pieces of text a second
        </span>
      </figcaption>
    </figure>
  );
}
