// SPDX-License-Identifier: Apache-2.0
// The frames in which a host's agent is talked to: a line `ID WORD LENGTH` and so many bytes (dataplane/agent/PROTOCOL.md).

export interface Frame {
  id: number;
  word: string;
  bytes: Buffer;
}

export function encodeFrame(id: number, word: string, bytes: Uint8Array | string = ''): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${id} ${word} ${body.length}\n`), body]);
}

/** Of a frame's first line: longer ones are not of the protocol. */
const HEAD_MAX_BYTES = 64;

/** Makes frames of the pieces in which they arrive. */
export class FrameReader {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** Bytes that the next frame needs to be looked at again. */
  private wanted = 1;

  /** The frames that are whole with this piece; throws SyntaxError where it is not the protocol. */
  take(piece: Buffer): Frame[] {
    this.pending.push(piece);
    this.pendingBytes += piece.length;
    // A large frame in small pieces is put together once, not at each piece.
    if (this.pendingBytes < this.wanted) return [];
    let rest = Buffer.concat(this.pending);
    const frames: Frame[] = [];
    this.wanted = 1;
    for (;;) {
      const lineEnd = rest.subarray(0, HEAD_MAX_BYTES).indexOf('\n');
      if (lineEnd < 0) {
        if (rest.length >= HEAD_MAX_BYTES) throw notFrames(rest);
        break;
      }
      const head = /^(\d{1,15}) ([a-z]+) (\d{1,10})$/.exec(rest.toString('latin1', 0, lineEnd));
      if (head === null) throw notFrames(rest);
      const end = lineEnd + 1 + Number(head[3]);
      if (rest.length < end) {
        this.wanted = end;
        break;
      }
      frames.push({ id: Number(head[1]), word: head[2] ?? '', bytes: rest.subarray(lineEnd + 1, end) });
      rest = rest.subarray(end);
    }
    this.pending = [rest];
    this.pendingBytes = rest.length;
    return frames;
  }
}

function notFrames(bytes: Buffer): SyntaxError {
  return new SyntaxError(`not the agent's protocol: ${JSON.stringify(bytes.toString('latin1', 0, HEAD_MAX_BYTES))}`);
}
