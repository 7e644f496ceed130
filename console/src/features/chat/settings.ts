import type { ChatRequest, WireMessage } from '@/shared/api/openai';

/** A knob that is null is left to the model's own default. */
export interface ChatSettings {
  model: string | null;
  systemPrompt: string;
  temperature: number | null;
  topP: number | null;
  maxTokens: number | null;
  seed: number | null;
  thinking: boolean;
  /** A JSON array in OpenAI's form, or empty. */
  tools: string;
}

export const DEFAULT_SETTINGS: ChatSettings = {
  model: null,
  systemPrompt: '',
  temperature: null,
  topP: null,
  maxTokens: null,
  seed: null,
  thinking: false,
  tools: '',
};

const STORAGE_KEY = 'dipper.chat.settings';

export function loadSettings(): ChatSettings {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}');
    return typeof stored === 'object' && stored !== null ? { ...DEFAULT_SETTINGS, ...stored } : DEFAULT_SETTINGS;
  } catch {
    return DEFAULT_SETTINGS;
  }
}

export function saveSettings(settings: ChatSettings): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
}

/** The tools of the text, or what is wrong with it. */
export function parseTools(text: string): { tools: unknown[] } | { problem: string } {
  if (text.trim() === '') return { tools: [] };
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? { tools: parsed } : { problem: 'Tools are a JSON array.' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'Not JSON.' };
  }
}

export function toRequest(settings: ChatSettings, model: string, messages: WireMessage[]): ChatRequest {
  const parsed = parseTools(settings.tools);
  const tools = 'tools' in parsed ? parsed.tools : [];
  return {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...(settings.temperature !== null && { temperature: settings.temperature }),
    ...(settings.topP !== null && { top_p: settings.topP }),
    ...(settings.maxTokens !== null && { max_tokens: settings.maxTokens }),
    ...(settings.seed !== null && { seed: settings.seed }),
    ...(tools.length > 0 && { tools }),
    ...(settings.thinking && { chat_template_kwargs: { enable_thinking: true } }),
  };
}
