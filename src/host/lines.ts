// SPDX-License-Identifier: Apache-2.0
import { StringDecoder } from 'node:string_decoder';

/** A text's lines as they become whole, for one reader, who may come late. */
export class LineQueue implements AsyncIterable<string> {
  private readonly decoder = new StringDecoder('utf8');
  private tail = '';
  private readonly lines: string[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  push(bytes: Buffer): void {
    const parts = (this.tail + this.decoder.write(bytes)).split('\n');
    this.tail = parts.pop() ?? '';
    this.lines.push(...parts);
    if (parts.length > 0) this.wake();
  }

  /** A last line may lack its end. */
  end(): void {
    if (this.ended) return;
    const last = this.tail + this.decoder.end();
    if (last !== '') this.lines.push(last);
    this.ended = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<string> {
    for (;;) {
      const line = this.lines.shift();
      if (line !== undefined) {
        yield line;
      } else if (this.ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
