import { Button, JsonInput, NumberInput, Slider, Switch, Textarea } from '@mantine/core';
import classes from './SettingsPanel.module.css';
import { DEFAULT_SETTINGS, parseTools, type ChatSettings } from './settings';

interface Props {
  settings: ChatSettings;
  onChange: (settings: ChatSettings) => void;
}

export function SettingsPanel({ settings, onChange }: Props) {
  const set = (change: Partial<ChatSettings>) => {
    onChange({ ...settings, ...change });
  };
  const tools = parseTools(settings.tools);
  return (
    <div className={classes.panel}>
      <Textarea
        label="System prompt"
        placeholder="None"
        autosize
        minRows={2}
        maxRows={8}
        value={settings.systemPrompt}
        onChange={(event) => {
          set({ systemPrompt: event.currentTarget.value });
        }}
      />
      <Switch
        label="Thinking"
        description="Let the model reason before it answers"
        checked={settings.thinking}
        onChange={(event) => {
          set({ thinking: event.currentTarget.checked });
        }}
      />
      <SliderKnob
        label="Temperature"
        hint="0 always takes the likeliest token"
        value={settings.temperature}
        max={2}
        start={1}
        onChange={(temperature) => {
          set({ temperature });
        }}
      />
      <SliderKnob
        label="Top p"
        hint="Share of probability to draw from"
        value={settings.topP}
        max={1}
        start={1}
        onChange={(topP) => {
          set({ topP });
        }}
      />
      <NumberKnob
        label="Max tokens"
        placeholder="Up to the context’s end"
        min={1}
        value={settings.maxTokens}
        onChange={(maxTokens) => {
          set({ maxTokens });
        }}
      />
      <NumberKnob
        label="Seed"
        placeholder="A new one each time"
        value={settings.seed}
        onChange={(seed) => {
          set({ seed });
        }}
      />
      <JsonInput
        label="Tools"
        description="Functions that the model may call, as OpenAI’s JSON array"
        placeholder='[{"type": "function", "function": {…}}]'
        autosize
        minRows={2}
        maxRows={10}
        formatOnBlur
        classNames={{ input: classes.code ?? '' }}
        value={settings.tools}
        error={'problem' in tools ? tools.problem : null}
        onChange={(value) => {
          set({ tools: value });
        }}
      />
      <Button
        variant="default"
        onClick={() => {
          onChange({ ...DEFAULT_SETTINGS, model: settings.model });
        }}
      >
        Reset to defaults
      </Button>
    </div>
  );
}

interface SliderKnobProps {
  label: string;
  hint: string;
  value: number | null;
  max: number;
  /** Where the handle rests while the model's default holds. */
  start: number;
  onChange: (value: number | null) => void;
}

function SliderKnob({ label, hint, value, max, start, onChange }: SliderKnobProps) {
  return (
    <div>
      <div className={classes.knobHead}>
        <span className={classes.knobLabel}>{label}</span>
        <button
          type="button"
          className={classes.knobValue}
          disabled={value === null}
          title={value === null ? undefined : 'Back to the default'}
          onClick={() => {
            onChange(null);
          }}
        >
          {value === null ? 'default' : value.toFixed(2)}
        </button>
      </div>
      <div className={classes.knobHint}>{hint}</div>
      <Slider
        className={value === null ? classes.untouched : undefined}
        thumbLabel={label}
        label={null}
        size="sm"
        min={0}
        max={max}
        step={0.05}
        value={value ?? start}
        onChange={onChange}
      />
    </div>
  );
}

interface NumberKnobProps {
  label: string;
  placeholder: string;
  min?: number;
  value: number | null;
  onChange: (value: number | null) => void;
}

function NumberKnob({ label, placeholder, min, value, onChange }: NumberKnobProps) {
  return (
    <NumberInput
      label={label}
      placeholder={placeholder}
      allowDecimal={false}
      hideControls
      {...(min !== undefined && { min })}
      max={Number.MAX_SAFE_INTEGER}
      value={value ?? ''}
      onChange={(next) => {
        onChange(typeof next === 'number' ? next : null);
      }}
    />
  );
}
