import { close, constants, fstat, open } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/** The far ends of three pipes that a container's process made: what it reads, what it answers, what it prints past its runner. */
export interface ProcessPipes {
  readonly input: Socket;
  readonly output: Socket;
  readonly errors: Socket;
}

/**
 * Opens pipes of another process through /proc, past engine and shim: a third of the way, and its end is seen at once. null where
 * this process may not (it is not root, or the engine runs elsewhere); then the attached streams serve.
 */
export async function openProcessPipes(
  pid: number,
  [input, output, errors]: readonly [number, number, number],
): Promise<ProcessPipes | null> {
  // Bare descriptors: a socket owns and closes the one it is made of.
  const opened: number[] = [];
  const reach = async (fd: number, flags: number): Promise<number> => {
    const own = await promisify(open)(`/proc/${pid}/fd/${fd}`, flags | constants.O_NONBLOCK);
    opened.push(own);
    if (!(await promisify(fstat)(own)).isFIFO()) throw new Error(`descriptor ${fd} is no pipe`);
    return own;
  };
  try {
    const to = await reach(input, constants.O_WRONLY);
    const from = await reach(output, constants.O_RDONLY);
    const printed = await reach(errors, constants.O_RDONLY);
    return {
      input: new Socket({ fd: to, readable: false, writable: true }),
      output: new Socket({ fd: from, readable: true, writable: false }),
      errors: new Socket({ fd: printed, readable: true, writable: false }),
    };
  } catch {
    await Promise.all(opened.map((own) => promisify(close)(own).catch(() => undefined)));
    return null;
  }
}
