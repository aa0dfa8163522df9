/**
 * The runner's protocol (sandbox-pool/runner/frames.py): type byte, length (uint32 little-endian), payload. What the runner
 * sends may have been forged by the program that shares its process: every length is bounded before a byte of it is kept.
 */
export const nonceBytes = 16;

export type FrameType = 'Y' | 'H' | 'A' | 'K' | 'P' | 'V' | 'D' | 'E' | 'O' | 'S';

/** What a plain program may hand back as JSON. */
export const longestValueBytes = 1024 * 1024;

export interface Frame {
  readonly type: FrameType;
  readonly payload: Buffer;
}

/** The other side does not speak the protocol. */
export class ProtocolBroken extends Error {
  override readonly name = 'ProtocolBroken';
}

const headerBytes = 5;

const longestPayload: Readonly<Record<string, number>> = {
  Y: 4_096,
  H: nonceBytes,
  A: nonceBytes,
  K: 1_024,
  V: nonceBytes + longestValueBytes,
  D: 1_024,
  E: 256 * 1_024,
  O: 64 * 1_024,
  S: 64 * 1_024,
};

export class FrameReader {
  /** Bytes a positions frame may have: the session sets it for the bars it sends. */
  longestPositions = 0;
  readonly #onFrame: (frame: Frame) => void;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #payload: Buffer | null = null;
  #payloadFilled = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws ProtocolBroken on an unknown type or a length beyond its bound. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload === null) {
        const copied = chunk.copy(
          this.#header,
          this.#headerFilled,
          at,
          at + headerBytes - this.#headerFilled,
        );
        this.#headerFilled += copied;
        at += copied;
        if (this.#headerFilled < headerBytes) return;
        this.#payload = Buffer.allocUnsafe(this.#announcedLength());
        this.#payloadFilled = 0;
      } else {
        const copied = chunk.copy(this.#payload, this.#payloadFilled, at);
        this.#payloadFilled += copied;
        at += copied;
      }
      if (this.#payloadFilled === this.#payload.length) this.#complete(this.#payload);
    }
  }

  #complete(payload: Buffer): void {
    this.#payload = null;
    this.#headerFilled = 0;
    this.#payloadFilled = 0;
    this.#onFrame({ type: String.fromCharCode(this.#header[0] ?? 0) as FrameType, payload });
  }

  #announcedLength(): number {
    const type = String.fromCharCode(this.#header[0] ?? 0);
    const longest = type === 'P' ? this.longestPositions : longestPayload[type];
    const length = this.#header.readUInt32LE(1);
    if (longest === undefined) throw new ProtocolBroken(`unknown frame type ${JSON.stringify(type)}`);
    if (length > longest)
      throw new ProtocolBroken(`a frame of ${length} bytes where ${longest} are the most`);
    return length;
  }
}

export function frame(type: 'H' | 'L' | 'R', ...parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write(type, 0, 'latin1');
  header.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 0),
    1,
  );
  return Buffer.concat([header, ...parts]);
}
