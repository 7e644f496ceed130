import { Button, Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import type { RunSummary, Scenario } from '@/shared/api/benchmark';
import { useModels } from '@/shared/api/useModels';
import { ErrorNotice } from '@/shared/ui/Notice';
import classes from './NewRunDialog.module.css';
import { useStartRun } from './useRuns';

// Enough requests for a verdict on a p90.
const START: Omit<Scenario, 'model'> = { name: 'steady', rate: 2, duration: 40, warmup: 3, prompt: 128, output: 64 };

const NUMBERS: { field: keyof Omit<Scenario, 'name' | 'model'>; label: string; hint: string; min: number }[] = [
  { field: 'rate', label: 'Rate', hint: 'requests a second', min: 0.01 },
  { field: 'duration', label: 'Duration', hint: 'seconds', min: 1 },
  { field: 'warmup', label: 'Warm-up', hint: 'seconds, not counted', min: 0 },
  { field: 'prompt', label: 'Prompt', hint: 'tokens', min: 1 },
  { field: 'output', label: 'Answer', hint: 'tokens', min: 1 },
];

export function NewRunDialog({ runs, onClose }: { runs: readonly RunSummary[]; onClose: () => void }) {
  const models = useModels();
  const start = useStartRun();
  const navigate = useNavigate();
  const [scenario, setScenario] = useState(START);
  const [chosen, setChosen] = useState<string | null>(null);
  const [baseline, setBaseline] = useState<string | null>(null);
  const names = models.data?.map((model) => model.id) ?? [];
  const model = chosen ?? names[0] ?? null;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (model === null) return;
    start.mutate(
      { scenario: { ...scenario, model }, baseline },
      { onSuccess: ({ id }) => void navigate(`/benchmarks/${id}`) },
    );
  }

  return (
    <Modal opened onClose={onClose} title="New run" centered>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          className={classes.wide}
          label="Name"
          required
          value={scenario.name}
          data-autofocus
          onChange={(event) => {
            setScenario({ ...scenario, name: event.currentTarget.value });
          }}
        />
        <Select
          className={classes.wide}
          label="Model"
          required
          data={names}
          value={model}
          allowDeselect={false}
          onChange={setChosen}
        />
        {NUMBERS.map(({ field, label, hint, min }) => (
          <NumberInput
            key={field}
            label={label}
            description={hint}
            required
            min={min}
            value={scenario[field]}
            onChange={(value) => {
              if (typeof value === 'number') setScenario({ ...scenario, [field]: value });
            }}
          />
        ))}
        <Select
          label="Baseline"
          description="compare with a run"
          placeholder="None"
          clearable
          data={runs
            .filter((run) => run.state === 'FINISHED')
            .map((run) => ({ value: run.id, label: `${run.name} #${run.id}` }))}
          value={baseline}
          onChange={setBaseline}
        />
        {start.isError && (
          <div className={classes.wide}>
            <ErrorNotice error={start.error} />
          </div>
        )}
        <Button className={classes.wide} type="submit" loading={start.isPending} disabled={model === null}>
          Start
        </Button>
      </form>
    </Modal>
  );
}
