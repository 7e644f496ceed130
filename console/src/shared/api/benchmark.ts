/** Runs as the benchmark service tells them. */

export type RunState = 'QUEUED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELLED' | 'ABORTED';

export type VerdictAnswer = 'PASS' | 'FAIL' | 'UNDECIDED';

export interface RunSummary {
  id: string;
  name: string;
  model: string;
  state: RunState;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  message: string;
  rate: number;
  verdict: VerdictAnswer | null;
  ttftP50Ms: number | null;
  ttftP99Ms: number | null;
  outputTokensPerSecond: number | null;
  failed: number | null;
}

/** A value with its 95 % interval; nothing bounds it above where `high` is null. */
export interface Estimate {
  value: number;
  low: number;
  high: number | null;
}

export interface Distribution {
  count: number;
  meanMs: number;
  minMs: number;
  maxMs: number;
  p50Ms: Estimate;
  p90Ms: Estimate;
  p99Ms: Estimate;
  p999Ms: number;
  curve: { percentile: number; ms: number }[];
}

export interface Second {
  second: number;
  sent: number;
  succeeded: number;
  failed: number;
  pieces: number;
}

export interface RunResults {
  requests: { scheduled: number; counted: number; succeeded: number; failed: number };
  errors: Record<string, number>;
  tokens: { prompt: number; cached: number; completion: number };
  durationSeconds: number;
  outputTokensPerSecond: Estimate;
  ttft: Distribution;
  interToken: Distribution;
  endToEnd: Distribution;
  lateness: Distribution;
  memory: { weightsBytes: number; kvReservedBytes: number; kvPeakBytes: number; rssPeakBytes: number } | null;
  timeline: Second[];
}

export interface Run extends Omit<
  RunSummary,
  'verdict' | 'rate' | 'ttftP50Ms' | 'ttftP99Ms' | 'outputTokensPerSecond' | 'failed'
> {
  scenario: Record<string, unknown>;
  baseline: string | null;
  progress: { scheduled: number; sent: number; ended: number; failed: number } | null;
  results: RunResults | null;
  verdict: {
    answer: VerdictAnswer;
    checks: { metric: string; asked: string; answer: VerdictAnswer; reason: string }[];
  } | null;
}

export interface Scenario {
  name: string;
  model: string;
  rate: number;
  duration: number;
  warmup: number;
  prompt: number;
  output: number;
}
