/** The engine's framing of an attached container without a terminal: stream byte, 3 zero bytes, length (uint32 big-endian), bytes. */
export class Demultiplexer {
  readonly #onStdout: (bytes: Buffer) => void;
  readonly #onStderr: (bytes: Buffer) => void;
  readonly #header = Buffer.alloc(8);
  #headerBytes = 0;
  #left = 0;

  constructor(onStdout: (bytes: Buffer) => void, onStderr: (bytes: Buffer) => void) {
    this.#onStdout = onStdout;
    this.#onStderr = onStderr;
  }

  /** Hands on what it gets without copying or keeping it, whatever the boundaries of the chunks. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const copied = chunk.copy(this.#header, this.#headerBytes, at, at + 8 - this.#headerBytes);
        this.#headerBytes += copied;
        at += copied;
        if (this.#headerBytes < 8) return;
        this.#headerBytes = 0;
        this.#left = this.#header.readUInt32BE(4);
        continue;
      }
      const part = chunk.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      (this.#header[0] === 2 ? this.#onStderr : this.#onStdout)(part);
    }
  }
}
