import type { ModelExport } from '@/shared/api/registry';
import { formatBytes } from '@/shared/format';
import { DataTable } from '@/shared/ui/DataTable';
import { deviation } from './deviation';
import classes from './Endpoints.module.css';

/** What each export was predicted to take beside what its engines took. */
export function ExportMemories({ exports }: { exports: readonly ModelExport[] }) {
  const rows = exports.flatMap(({ target, memory }) =>
    memory === null
      ? []
      : [
          { target, what: 'Keys and values', predicted: memory.predictedKvBytes, held: memory.reservedKvBytes },
          { target, what: 'In all, at most', predicted: memory.predictedTotalBytes, held: memory.peakTotalBytes },
        ],
  );
  if (rows.length === 0) return <p className={classes.none}>No engine has told of its memory yet.</p>;
  return (
    <DataTable
      label="Memory"
      rows={rows}
      keyOf={(row) => `${row.target} ${row.what}`}
      columns={[
        { title: 'Target', cell: (row) => <code>{row.target}</code> },
        { title: 'Memory', cell: (row) => row.what },
        { title: 'Predicted', align: 'right', cell: (row) => bytes(row.predicted) },
        { title: 'Held', align: 'right', cell: (row) => bytes(row.held) },
        { title: 'Held is', align: 'right', cell: (row) => deviation(row.predicted, row.held) },
      ]}
    />
  );
}

function bytes(value: number): string {
  return value === 0 ? 'unknown' : formatBytes(value);
}
