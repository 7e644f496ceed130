/** Places for a percentile chart: each further nine gets the same width, as far as three of them. */
export function percentilePlace(percentile: number): number {
  const rest = Math.max(1 - percentile / 100, 0.001);
  return -Math.log10(rest) / 3;
}

/** From 0 to 1 over whole decades that hold all values. */
export interface LogScale {
  place: (value: number) => number;
  ticks: number[];
}

export function logScale(values: readonly number[]): LogScale {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive, 1)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1))));
  return {
    place: (value) => Math.min(1, Math.max(0, (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low))),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}
