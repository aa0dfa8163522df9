import { StringDecoder } from 'node:string_decoder';

export type OutputStream = 'stdout' | 'stderr';

/** What a program wrote during one run: the first bytes of each stream kept as text, the rest only counted. */
export class OutputCapture {
  readonly #kept: Record<OutputStream, Kept>;
  readonly #floodBytes: number;
  #listener: ((stream: OutputStream, text: string) => void) | undefined;
  #total = 0;

  constructor(
    keepBytes: number,
    floodBytes: number,
    listener?: (stream: OutputStream, text: string) => void,
  ) {
    this.#kept = { stdout: new Kept(keepBytes), stderr: new Kept(keepBytes) };
    this.#floodBytes = floodBytes;
    this.#listener = listener;
  }

  /** False when the program has now written more than anyone may. */
  add(stream: OutputStream, bytes: Buffer): boolean {
    this.#total += bytes.length;
    const text = this.#kept[stream].add(bytes);
    if (text !== '') this.#tell(stream, text);
    return this.#total <= this.#floodBytes;
  }

  /** A listener that throws is not told again: its fault must not look like the program's. */
  #tell(stream: OutputStream, text: string): void {
    try {
      this.#listener?.(stream, text);
    } catch {
      this.#listener = undefined;
    }
  }

  result(): { stdout: string; stderr: string; stdoutTruncated: boolean; stderrTruncated: boolean } {
    const { stdout, stderr } = this.#kept;
    return {
      stdout: stdout.text(),
      stderr: stderr.text(),
      stdoutTruncated: stdout.truncated,
      stderrTruncated: stderr.truncated,
    };
  }
}

class Kept {
  truncated = false;
  readonly #decoder = new StringDecoder('utf8');
  readonly #texts: string[] = [];
  #left: number;

  constructor(keepBytes: number) {
    this.#left = keepBytes;
  }

  add(bytes: Buffer): string {
    if (bytes.length > this.#left) this.truncated = true;
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    const text = part.length === 0 ? '' : this.#decoder.write(part);
    if (text !== '') this.#texts.push(text);
    return text;
  }

  text(): string {
    // A character cut in two by the limit is left out; one the program itself broke shows as U+FFFD.
    return this.#texts.join('') + (this.truncated ? '' : this.#decoder.end());
  }
}
