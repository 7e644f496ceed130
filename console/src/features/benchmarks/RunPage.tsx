import { Anchor, Button, Progress, Skeleton } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { Run, RunResults } from '@/shared/api/benchmark';
import { formatBytes, formatCount, formatMillis } from '@/shared/format';
import { Bars } from '@/shared/ui/Bars';
import { DataTable } from '@/shared/ui/DataTable';
import { FactList } from '@/shared/ui/FactList';
import { EmptyState, ErrorNotice } from '@/shared/ui/Notice';
import { PageFrame, Panel } from '@/shared/ui/PageFrame';
import { LatencyChart } from './LatencyChart';
import classes from './RunPage.module.css';
import { StateTag, VerdictTag } from './states';
import { Timeline } from './Timeline';
import { isOver, useCancelRun, useRun } from './useRuns';

export function RunPage() {
  const id = useParams().id ?? '';
  const run = useRun(id);
  return (
    <PageFrame
      title={run.data ? `${run.data.name} #${id}` : `Run #${id}`}
      lead={
        <Anchor component={Link} to="/benchmarks" fz="sm">
          All runs
        </Anchor>
      }
      actions={run.data && <Actions run={run.data} />}
    >
      {run.isPending && <Skeleton height={360} radius={16} aria-label="Loading" />}
      {run.isError && <ErrorNotice error={run.error} onRetry={() => void run.refetch()} />}
      {run.data && <Body run={run.data} />}
    </PageFrame>
  );
}

function Actions({ run }: { run: Run }) {
  const cancel = useCancelRun(run.id);
  return (
    <div className={classes.actions}>
      {cancel.isError && <ErrorNotice error={cancel.error} />}
      {run.verdict && <VerdictTag answer={run.verdict.answer} />}
      <StateTag state={run.state} />
      {!isOver(run.state) && (
        <Button
          variant="default"
          loading={cancel.isPending}
          onClick={() => {
            cancel.mutate();
          }}
        >
          Cancel
        </Button>
      )}
    </div>
  );
}

function Body({ run }: { run: Run }) {
  return (
    <>
      {run.message !== '' && <ErrorNotice error={run.message} />}
      {run.state === 'QUEUED' && <EmptyState icon="bench" title="Waits for the runs before it" />}
      {run.progress && <RunProgress progress={run.progress} />}
      {run.results && <Results results={run.results} />}
      {run.verdict && (
        <Panel title="Verdict" aside={<VerdictTag answer={run.verdict.answer} />}>
          <DataTable
            label="Checks"
            rows={run.verdict.checks}
            keyOf={(check) => check.asked + check.metric}
            columns={[
              { title: 'Metric', cell: (check) => <code>{check.metric}</code> },
              { title: 'Answer', cell: (check) => <VerdictTag answer={check.answer} /> },
              { title: 'Against', cell: (check) => check.asked },
              { title: 'Why', cell: (check) => check.reason },
            ]}
          />
        </Panel>
      )}
      <Panel title="Scenario">
        <pre className={classes.scenario}>{JSON.stringify(run.scenario, null, 2)}</pre>
      </Panel>
    </>
  );
}

function RunProgress({ progress }: { progress: NonNullable<Run['progress']> }) {
  const share = (progress.ended / Math.max(1, progress.scheduled)) * 100;
  return (
    <Panel title="Progress">
      <Progress value={share} size="lg" radius="xl" animated aria-label="Requests ended" />
      <p className={classes.progressText}>
        {progress.ended} of {progress.scheduled} requests ended · {progress.sent - progress.ended} under way ·{' '}
        {progress.failed} failed
      </p>
    </Panel>
  );
}

function Results({ results }: { results: RunResults }) {
  const errors = Object.entries(results.errors);
  return (
    <>
      <Panel>
        <FactList
          facts={[
            [
              'Requests',
              `${results.requests.succeeded.toLocaleString('en')} of ${results.requests.counted.toLocaleString('en')}`,
            ],
            ['Failed', results.requests.failed.toLocaleString('en')],
            ['First token, median', formatMillis(results.ttft.p50Ms.value)],
            ['First token, p99', formatMillis(results.ttft.p99Ms.value)],
            ['Between tokens, median', formatMillis(results.interToken.p50Ms.value)],
            ['Whole answer, median', formatMillis(results.endToEnd.p50Ms.value)],
            ['Output', `${results.outputTokensPerSecond.value.toFixed(1)} tokens/s`],
            ['Tokens', `${formatCount(results.tokens.prompt)} in, ${formatCount(results.tokens.completion)} out`],
          ]}
        />
      </Panel>
      {results.ttft.count > 0 && (
        <Panel title="Latency by percentile">
          <LatencyChart results={results} />
        </Panel>
      )}
      <div className={classes.pair}>
        {results.timeline.length > 1 && (
          <Panel title="Output over time">
            <Timeline seconds={results.timeline} />
          </Panel>
        )}
        {results.memory && (
          <Panel title="Memory">
            <Bars
              label="Memory"
              bars={[
                { name: 'Weights', value: results.memory.weightsBytes, text: formatBytes(results.memory.weightsBytes) },
                {
                  name: 'KV reserved',
                  value: results.memory.kvReservedBytes,
                  text: formatBytes(results.memory.kvReservedBytes),
                },
                {
                  name: 'KV peak used',
                  value: results.memory.kvPeakBytes,
                  text: formatBytes(results.memory.kvPeakBytes),
                },
                {
                  name: 'Process, peak',
                  value: results.memory.rssPeakBytes,
                  text: formatBytes(results.memory.rssPeakBytes),
                },
              ]}
            />
          </Panel>
        )}
        {errors.length > 0 && (
          <Panel title="Failures by kind">
            <Bars
              label="Failures"
              bars={errors.map(([name, count]) => ({
                name,
                value: count,
                text: count.toLocaleString('en'),
                color: 'var(--dp-danger)',
              }))}
            />
          </Panel>
        )}
      </div>
    </>
  );
}
