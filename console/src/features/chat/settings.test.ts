import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, loadSettings, parseTools, saveSettings, toRequest } from './settings';

describe('toRequest', () => {
  it('leaves untouched knobs to the model', () => {
    expect(toRequest(DEFAULT_SETTINGS, 'm', [])).toEqual({
      model: 'm',
      messages: [],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('sends every knob that was set, zero included', () => {
    const request = toRequest(
      {
        ...DEFAULT_SETTINGS,
        temperature: 0,
        topP: 0.5,
        maxTokens: 10,
        seed: 0,
        thinking: true,
        tools: '[{"type":"function"}]',
      },
      'm',
      [],
    );
    expect(request).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      max_tokens: 10,
      seed: 0,
      chat_template_kwargs: { enable_thinking: true },
      tools: [{ type: 'function' }],
    });
  });

  it('leaves out tools that are no list', () => {
    expect(toRequest({ ...DEFAULT_SETTINGS, tools: '{' }, 'm', [])).not.toHaveProperty('tools');
    expect(parseTools('{"a":1}')).toHaveProperty('problem');
  });
});

describe('stored settings', () => {
  it('come back, with defaults for what an older version did not know', () => {
    saveSettings({ ...DEFAULT_SETTINGS, temperature: 0.3 });
    expect(loadSettings().temperature).toBe(0.3);
    localStorage.setItem('dipper.chat.settings', '{"seed": 5}');
    expect(loadSettings()).toEqual({ ...DEFAULT_SETTINGS, seed: 5 });
  });

  it('are replaced by defaults where they cannot be read', () => {
    localStorage.setItem('dipper.chat.settings', 'nonsense');
    expect(loadSettings()).toEqual(DEFAULT_SETTINGS);
  });
});
