import { Anchor, Button, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from 'react-router';
import type { RunSummary } from '@/shared/api/benchmark';
import { formatMillis } from '@/shared/format';
import { DataTable } from '@/shared/ui/DataTable';
import { Icon } from '@/shared/ui/icons';
import { EmptyState, ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import { NewRunDialog } from './NewRunDialog';
import { StateTag, VerdictTag } from './states';
import { useRuns } from './useRuns';

export function BenchmarksPage() {
  const runs = useRuns();
  const [creating, create] = useDisclosure(false);
  return (
    <PageFrame
      title="Benchmarks"
      lead="Open-loop load through the gateway. Latencies count from the instant a request was due."
      actions={
        <Button leftSection={<Icon name="play" size={15} />} onClick={create.open}>
          New run
        </Button>
      }
    >
      {runs.isPending && <Skeleton height={260} radius={16} aria-label="Loading runs" />}
      {runs.isError && <ErrorNotice error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data?.length === 0 && (
        <EmptyState icon="bench" title="No runs yet">
          Start one here, or keep a scenario in a file and run <code>dipper bench run SCENARIO.yaml</code>.
        </EmptyState>
      )}
      {runs.data && runs.data.length > 0 && (
        <Panel>
          <DataTable
            label="Runs"
            rows={runs.data}
            keyOf={(run) => run.id}
            columns={[
              {
                title: 'Run',
                cell: (run) => (
                  <Anchor component={Link} to={`/benchmarks/${run.id}`} fw={550} fz="sm">
                    {run.name} <span style={{ opacity: 0.6 }}>#{run.id}</span>
                  </Anchor>
                ),
              },
              { title: 'Model', cell: (run) => run.model },
              { title: 'State', cell: (run) => <StateTag state={run.state} /> },
              { title: 'Verdict', cell: (run) => run.verdict && <VerdictTag answer={run.verdict} /> },
              { title: 'Rate', align: 'right', cell: (run) => `${run.rate}/s` },
              { title: 'TTFT p50', align: 'right', cell: (run) => millis(run.ttftP50Ms) },
              { title: 'TTFT p99', align: 'right', cell: (run) => millis(run.ttftP99Ms) },
              { title: 'Tokens/s', align: 'right', cell: (run) => run.outputTokensPerSecond?.toFixed(1) ?? '–' },
              { title: 'Failed', align: 'right', cell: (run: RunSummary) => run.failed ?? '–' },
            ]}
          />
        </Panel>
      )}
      {creating && <NewRunDialog runs={runs.data ?? []} onClose={create.close} />}
    </PageFrame>
  );
}

function millis(value: number | null): string {
  return value === null ? '–' : formatMillis(value);
}
