import { useState, type PointerEvent } from 'react';
import type { Distribution, RunResults } from '@/shared/api/benchmark';
import { formatMillis } from '@/shared/format';
import classes from './Chart.module.css';
import { logScale, percentilePlace } from './scales';

const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 64;
const BOTTOM = 28;
/** Beyond it there is only the largest value, which one request decides. */
const LAST = 99.9;
const TICKS = [0, 50, 90, 99, LAST];

const SERIES: { key: 'endToEnd' | 'ttft' | 'interToken'; label: string; color: string }[] = [
  { key: 'endToEnd', label: 'Whole answer', color: 'var(--dp-kind-mla)' },
  { key: 'ttft', label: 'First token', color: 'var(--dp-kind-full)' },
  { key: 'interToken', label: 'Between tokens', color: 'var(--dp-kind-sliding)' },
];

/** Latencies at each percentile. Both axes are logarithmic: tails and short gaps stay visible. */
export function LatencyChart({ results }: { results: RunResults }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const shown = SERIES.filter(({ key }) => results[key].count > 0);
  const scale = logScale(shown.flatMap(({ key }) => curveOf(results[key]).map((point) => point.ms)));
  const x = (percentile: number) => LEFT + percentilePlace(percentile) * (WIDTH - LEFT - 8);
  const y = (ms: number) => 8 + (1 - scale.place(ms)) * (HEIGHT - BOTTOM - 8);
  const percentiles = results.ttft.curve.map((point) => point.percentile).filter((percentile) => percentile <= LAST);

  function point(event: PointerEvent<SVGSVGElement>) {
    const box = event.currentTarget.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    setPointed(percentiles.reduce((best, next) => (Math.abs(x(next) - at) < Math.abs(x(best) - at) ? next : best), 50));
  }

  return (
    <figure className={classes.figure}>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={shown.map(({ key, label }) => `${label}: ${describe(results[key])}`).join('. ')}
        onPointerMove={point}
        onPointerLeave={() => {
          setPointed(null);
        }}
      >
        {scale.ticks.map((tick) => (
          <g key={tick}>
            <line className={classes.grid} x1={LEFT} x2={WIDTH - 8} y1={y(tick)} y2={y(tick)} />
            <text className={classes.label} x={LEFT - 10} y={y(tick) + 4} textAnchor="end">
              {tick >= 1000 ? `${tick / 1000} s` : `${tick} ms`}
            </text>
          </g>
        ))}
        {TICKS.map((tick) => (
          <text
            key={tick}
            className={classes.label}
            x={x(tick)}
            y={HEIGHT - 8}
            textAnchor={tick === LAST ? 'end' : 'middle'}
          >
            {tick === 0 ? 'least' : `p${tick}`}
          </text>
        ))}
        {pointed !== null && (
          <line className={classes.pointed} x1={x(pointed)} x2={x(pointed)} y1={8} y2={HEIGHT - BOTTOM} />
        )}
        {shown.map(({ key, color }) => (
          <g key={key} style={{ color }}>
            <polyline
              className={classes.line}
              points={curveOf(results[key])
                .map(({ percentile, ms }) => `${x(percentile)},${y(ms)}`)
                .join(' ')}
            />
            {pointed !== null && (
              <circle cx={x(pointed)} cy={y(msAt(results[key], pointed))} r={4} fill="currentColor" />
            )}
          </g>
        ))}
      </svg>
      <figcaption className={classes.legend}>
        {shown.map(({ key, label, color }) => (
          <span key={key}>
            <i style={{ background: color }} />
            {label}{' '}
            <span className={classes.value}>
              {pointed === null
                ? `p50 ${formatMillis(results[key].p50Ms.value)} · p99 ${formatMillis(results[key].p99Ms.value)}`
                : `p${pointed} ${formatMillis(msAt(results[key], pointed))}`}
            </span>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function curveOf(distribution: Distribution) {
  return distribution.curve.filter((point) => point.percentile <= LAST);
}

function msAt(distribution: Distribution, percentile: number): number {
  return distribution.curve.find((point) => point.percentile === percentile)?.ms ?? 0;
}

function describe(distribution: Distribution): string {
  return `median ${formatMillis(distribution.p50Ms.value)}, 99th percentile ${formatMillis(distribution.p99Ms.value)}`;
}
