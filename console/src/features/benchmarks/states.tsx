import type { RunState, VerdictAnswer } from '@/shared/api/benchmark';
import { Tag, type Tone } from '@/shared/ui/Tag';

const STATES: Record<RunState, { label: string; tone: Tone }> = {
  QUEUED: { label: 'Queued', tone: 'neutral' },
  RUNNING: { label: 'Running', tone: 'accent' },
  FINISHED: { label: 'Finished', tone: 'good' },
  FAILED: { label: 'Failed', tone: 'bad' },
  CANCELLED: { label: 'Cancelled', tone: 'neutral' },
  ABORTED: { label: 'Aborted', tone: 'warn' },
};

const VERDICTS: Record<VerdictAnswer, { label: string; tone: Tone }> = {
  PASS: { label: 'Pass', tone: 'good' },
  FAIL: { label: 'Fail', tone: 'bad' },
  UNDECIDED: { label: 'Undecided', tone: 'warn' },
};

export function StateTag({ state }: { state: RunState }) {
  const { label, tone } = STATES[state];
  return (
    <Tag tone={tone} dot={state === 'RUNNING'}>
      {label}
    </Tag>
  );
}

export function VerdictTag({ answer }: { answer: VerdictAnswer }) {
  const { label, tone } = VERDICTS[answer];
  return <Tag tone={tone}>{label}</Tag>;
}
