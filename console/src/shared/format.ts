const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 1536 → "1.5 KiB" */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${trim(value)} ${UNITS[unit]}`;
}

/** 14163328 → "14.2 M", 30532122624 → "30.5 B", as people name models. */
export function formatCount(count: number): string {
  if (count >= 1e12) return `${trim(count / 1e12)} T`;
  if (count >= 1e9) return `${trim(count / 1e9)} B`;
  if (count >= 1e6) return `${trim(count / 1e6)} M`;
  if (count >= 1e4) return `${trim(count / 1e3)} k`;
  return count.toLocaleString('en');
}

/** 131072 → "128 k" tokens; lengths are powers of two, so k is 1024 here. */
export function formatTokens(tokens: number): string {
  return tokens >= 1024 && tokens % 1024 === 0 ? `${tokens / 1024} k` : tokens.toLocaleString('en');
}

/** 0.4 → "0.4 ms", 1234 → "1.23 s" */
export function formatMillis(millis: number): string {
  if (millis < 10) return `${millis.toFixed(1)} ms`;
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(2)} s`;
  return `${Math.floor(millis / 60_000)} min ${Math.round((millis % 60_000) / 1000)} s`;
}

function trim(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toFixed(1).replace(/\.0$/, '');
}
