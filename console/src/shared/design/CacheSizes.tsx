import type { Facts } from '@/shared/api/registry';
import { formatBytes, formatTokens } from '@/shared/format';
import { Bars } from '@/shared/ui/Bars';

/** What one sequence keeps at some lengths, at two bytes a value. */
export function CacheSizes({ facts }: { facts: Facts }) {
  const { total_bytes: sizes, max_context: longest, total_bytes_max: most } = facts.kv_cache;
  const rows = Object.entries(sizes)
    .map(([tokens, bytes]) => ({ tokens: Number(tokens), bytes }))
    .filter((row): row is { tokens: number; bytes: number } => row.bytes !== null && row.tokens < longest)
    .concat({ tokens: longest, bytes: most })
    .sort((a, b) => a.tokens - b.tokens);
  return (
    <Bars
      label="KV cache by length"
      bars={rows.map(({ tokens, bytes }) => ({
        name: `${formatTokens(tokens)} tokens`,
        value: bytes,
        text: formatBytes(bytes),
      }))}
    />
  );
}
