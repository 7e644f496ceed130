/**
 * The data of each event of a `text/event-stream` body, as the HTML standard reads one: lines end in LF, CRLF or CR, a blank line ends an event,
 * lines that begin with a colon are comments, and an event that the end of the body cuts is dropped. Network chunks may be cut anywhere.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const lines = new LineReader();
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      for (const line of done ? lines.finish() : lines.accept(value)) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n');
          data = [];
        } else if (line === 'data' || line.startsWith('data:')) {
          data.push(line.slice(5).replace(/^ /, ''));
        }
      }
      if (done) return;
    }
  } finally {
    // Leaving the loop early must close the connection: the server stops generating when its client is gone.
    await reader.cancel().catch(() => undefined);
  }
}

/** Bytes to whole lines; characters and CRLF pairs may be split over chunks. */
class LineReader {
  private readonly decoder = new TextDecoder();
  private rest = '';
  private afterCarriageReturn = false;

  accept(bytes: Uint8Array): string[] {
    return this.split(this.decoder.decode(bytes, { stream: true }));
  }

  finish(): string[] {
    return this.split(this.decoder.decode());
  }

  private split(text: string): string[] {
    if (text === '') return [];
    if (this.afterCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    this.afterCarriageReturn = text === '' ? false : text.endsWith('\r');
    const lines = (this.rest + text).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? '';
    return lines;
  }
}
