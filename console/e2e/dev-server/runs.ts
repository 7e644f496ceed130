import type { Distribution, Run, RunResults, RunSummary } from '../../src/shared/api/benchmark.ts';

const PERCENTILES = [0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.9, 100];
const RUN_MILLIS = 8_000;

const runs: Run[] = [finishedRun('1', 'steady', 6), finishedRun('2', 'more users', 12)];

export function listRuns(): RunSummary[] {
  return runs
    .map(current)
    .map((run) => ({
      ...run,
      rate: Number(run.scenario.rate),
      verdict: run.verdict?.answer ?? null,
      ttftP50Ms: run.results?.ttft.p50Ms.value ?? null,
      ttftP99Ms: run.results?.ttft.p99Ms.value ?? null,
      outputTokensPerSecond: run.results?.outputTokensPerSecond.value ?? null,
      failed: run.results?.requests.failed ?? null,
    }))
    .reverse();
}

export function findRun(id: string): Run | undefined {
  const run = runs.find((candidate) => candidate.id === id);
  return run && current(run);
}

export function startRun(scenario: Record<string, unknown>): Run {
  const run: Run = {
    ...finishedRun(String(runs.length + 1), String(scenario.name), 6),
    state: 'RUNNING',
    scenario,
    createdAt: new Date().toISOString(),
    startedAt: new Date().toISOString(),
    finishedAt: null,
    results: null,
    verdict: null,
  };
  runs.push(run);
  return run;
}

export function cancelRun(id: string): void {
  const run = runs.find((candidate) => candidate.id === id);
  if (run?.state === 'RUNNING') run.state = 'CANCELLED';
}

/** A started run takes some seconds here. */
function current(run: Run): Run {
  if (run.state !== 'RUNNING' || run.startedAt === null) return run;
  const share = (Date.now() - Date.parse(run.startedAt)) / RUN_MILLIS;
  if (share >= 1) {
    Object.assign(run, { state: 'FINISHED', results: resultsOf(8), finishedAt: new Date().toISOString() });
    return run;
  }
  const ended = Math.floor(60 * share);
  return { ...run, progress: { scheduled: 60, sent: Math.min(60, ended + 4), ended, failed: 0 } };
}

function finishedRun(id: string, name: string, load: number): Run {
  return {
    id,
    name,
    model: 'dipper-mini',
    state: 'FINISHED',
    createdAt: '2026-11-24T12:00:00Z',
    startedAt: '2026-11-24T12:00:01Z',
    finishedAt: '2026-11-24T12:00:36Z',
    message: '',
    scenario: {
      name,
      model: 'dipper-mini',
      rate: load / 3,
      duration: 30,
      warmup: 3,
      prompt: { tokens: 128 },
      output: { tokens: 64 },
    },
    baseline: load > 6 ? '1' : null,
    progress: null,
    results: resultsOf(load),
    verdict: {
      answer: load > 6 ? 'UNDECIDED' : 'PASS',
      checks: [
        {
          metric: 'ttft_p50_ms',
          asked: 'threshold',
          answer: 'PASS',
          reason: '31.20 (29.90 to 33.10), wanted at most 100.00',
        },
        {
          metric: 'ttft_p99_ms',
          asked: 'baseline',
          answer: load > 6 ? 'UNDECIDED' : 'PASS',
          reason: '88.00 (61.00 to unbounded), baseline 71.00 (58.00 to 90.00), tolerance 10 %',
        },
        {
          metric: 'error_rate',
          asked: 'threshold',
          answer: 'PASS',
          reason: '0.00 (0.00 to 0.00), wanted at most 0.0100',
        },
      ],
    },
  };
}

function resultsOf(load: number): RunResults {
  return {
    requests: { scheduled: 60, counted: 54, succeeded: 53, failed: 1 },
    errors: { http_429: 1 },
    tokens: { prompt: 6912, cached: 0, completion: 3392 },
    durationSeconds: 31.4,
    outputTokensPerSecond: { value: 126.4, low: 118, high: 135 },
    ttft: distribution(load * 4, 0.5),
    interToken: distribution(load * 0.6, 0.35),
    endToEnd: distribution(load * 55, 0.25),
    lateness: distribution(0.08, 0.3),
    memory: {
      weightsBytes: 56_653_312,
      kvReservedBytes: 134_217_728,
      kvPeakBytes: 21_000_000,
      rssPeakBytes: 641_000_000,
    },
    timeline: Array.from({ length: 32 }, (_, second) => ({
      second,
      sent: 2,
      succeeded: second < 1 ? 0 : 2,
      failed: second === 17 ? 1 : 0,
      pieces: second === 31 ? 22 : Math.round(120 + 22 * Math.sin(second * 1.7) - (second === 0 ? 90 : 0)),
    })),
  };
}

function distribution(median: number, spread: number): Distribution {
  const at = (percentile: number) =>
    median * Math.exp(spread * normalQuantile(Math.min(0.9995, Math.max(0.005, percentile / 100))));
  const estimate = (percentile: number) => ({
    value: at(percentile),
    low: at(percentile) * 0.95,
    high: at(percentile) * 1.06,
  });
  return {
    count: 53,
    meanMs: median * 1.1,
    minMs: at(0),
    maxMs: at(100),
    p50Ms: estimate(50),
    p90Ms: estimate(90),
    p99Ms: estimate(99),
    p999Ms: at(99.9),
    curve: PERCENTILES.map((percentile) => ({ percentile, ms: at(percentile) })),
  };
}

/** Good enough for pictures. */
function normalQuantile(share: number): number {
  return Math.log(share / (1 - share)) / 1.702;
}
