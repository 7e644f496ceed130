import { describe, expect, it } from 'vitest';
import { readEvents } from './sse';

const encoder = new TextEncoder();

async function read(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
  const events: string[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('yields the data of each event', async () => {
    expect(await read('data: {"a":1}\n\ndata: [DONE]\n\n')).toEqual(['{"a":1}', '[DONE]']);
  });

  it('gives the same events wherever the network cuts the bytes', async () => {
    const bytes = encoder.encode(
      ': ping\r\n\r\ndata: ä🦊\r\ndata: zweite\r\n\r\ndata:eng\n\nevent: x\ndata: y\r\rdata\n\n',
    );
    const whole = await read(bytes);
    expect(whole).toEqual(['ä🦊\nzweite', 'eng', 'y', '']);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await read(bytes.slice(0, cut), bytes.slice(cut)), `cut at ${cut}`).toEqual(whole);
    }
    expect(await read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it('ignores comments, other fields and a byte order mark', async () => {
    expect(await read('\uFEFFdata: a\nid: 7\nretry: 10\n: note\n\n: ping\n\n')).toEqual(['a']);
  });

  it('drops an event that the end of the body cuts', async () => {
    expect(await read('data: whole\n\ndata: half')).toEqual(['whole']);
  });

  it('strips one space after the colon, not two', async () => {
    expect(await read('data:  x\n\n')).toEqual([' x']);
  });

  it('cancels the body when the reader leaves early', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode('data: 1\n\ndata: 2\n\n'));
      },
      cancel() {
        cancelled = true;
      },
    });
    for await (const event of readEvents(body)) {
      expect(event).toBe('1');
      break;
    }
    expect(cancelled).toBe(true);
  });
});
