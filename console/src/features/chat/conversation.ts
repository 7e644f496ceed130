import { streamChat } from '@/shared/api/chat';
import type { ApiClient } from '@/shared/api/client';
import { isAbort } from '@/shared/api/errors';
import { toRequest, type ChatSettings } from './settings';
import { applyChunk, isLive, newAssistantTurn, toMessages, type AssistantTurn, type Turn } from './transcript';

/** Screens are redrawn this often at most, however fast tokens come. */
const FRAME_MILLIS = 40;

/** One conversation and the answer being streamed into it. React reads it through `subscribe` and `turns`. */
export class Conversation {
  private readonly client: ApiClient;
  private readonly now: () => number;
  private readonly listeners = new Set<() => void>();
  private shown: readonly Turn[] = [];
  private running: { abort: AbortController; turn: AssistantTurn } | null = null;
  private frame: ReturnType<typeof setTimeout> | undefined;
  private nextId = 1;

  constructor(client: ApiClient, now: () => number = () => performance.now()) {
    this.client = client;
    this.now = now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly turns = (): readonly Turn[] => this.shown;

  get busy(): boolean {
    return this.running !== null;
  }

  /** Asks; resolves when the answer has ended, however it ended. */
  ask(text: string, model: string, settings: ChatSettings): Promise<void> {
    this.stop();
    return this.answer([...this.shown, { kind: 'user', id: this.id(), text }], model, settings);
  }

  /** Puts another text in a question's place; what came after it is gone. */
  edit(turnId: string, text: string, model: string, settings: ChatSettings): Promise<void> {
    this.stop();
    const position = this.shown.findIndex((turn) => turn.id === turnId);
    if (position < 0) return Promise.resolve();
    return this.answer([...this.shown.slice(0, position), { kind: 'user', id: this.id(), text }], model, settings);
  }

  /** Asks once more for the answer with this id. */
  regenerate(turnId: string, model: string, settings: ChatSettings): Promise<void> {
    this.stop();
    const position = this.shown.findIndex((turn) => turn.id === turnId);
    return position < 0 ? Promise.resolve() : this.answer(this.shown.slice(0, position), model, settings);
  }

  /** Hands the results of the last answer's calls back to the model, in the order of the calls. */
  giveResults(results: readonly string[], model: string, settings: ChatSettings): Promise<void> {
    const last = this.shown.at(-1);
    if (last?.kind !== 'assistant' || isLive(last)) return Promise.resolve();
    const given = last.calls.map((call, index): Turn => ({
      kind: 'tool',
      id: this.id(),
      callId: call.id,
      name: call.name,
      result: results[index] ?? '',
    }));
    return this.answer([...this.shown, ...given], model, settings);
  }

  stop(): void {
    const running = this.running;
    if (running === null) return;
    running.abort.abort();
    this.end(running, { state: 'stopped' });
  }

  clear(): void {
    this.stop();
    this.show([]);
  }

  private async answer(asked: readonly Turn[], model: string, settings: ChatSettings): Promise<void> {
    const running = { abort: new AbortController(), turn: newAssistantTurn(this.id(), model, this.now()) };
    this.running = running;
    this.show([...asked, running.turn]);
    const request = toRequest(settings, model, toMessages(asked, settings.systemPrompt));
    try {
      for await (const chunk of streamChat(this.client, request, running.abort.signal)) {
        if (this.running !== running) return;
        running.turn = applyChunk(running.turn, chunk, this.now());
        this.frame ??= setTimeout(() => {
          this.showTurn(running.turn);
        }, FRAME_MILLIS);
      }
      this.end(running, { state: 'done' });
    } catch (error) {
      this.end(running, isAbort(error) ? { state: 'stopped' } : { state: 'failed', error });
    }
  }

  /** Ends an answer once; whoever comes second finds it ended. */
  private end(running: NonNullable<typeof this.running>, outcome: Partial<AssistantTurn>): void {
    if (this.running !== running) return;
    this.running = null;
    running.turn = { ...running.turn, ...outcome };
    this.showTurn(running.turn);
  }

  private showTurn(turn: AssistantTurn): void {
    this.show(this.shown.map((shown) => (shown.id === turn.id ? turn : shown)));
  }

  private show(turns: readonly Turn[]): void {
    clearTimeout(this.frame);
    this.frame = undefined;
    this.shown = turns;
    for (const listener of this.listeners) listener();
  }

  private id(): string {
    return `turn-${this.nextId++}`;
  }
}
