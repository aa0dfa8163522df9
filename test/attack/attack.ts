import type { SandboxResult } from '../../contracts/ports/sandbox.ts';

/** What one attempt is answered: the name of the error the kernel gave, or of another exception. */
export interface Probe {
  readonly name: string;
  /** A program of its own, that fails when it is refused. */
  readonly code: string;
  readonly refusedWith: readonly string[];
  /** Where the engine's profile alone answers otherwise. */
  readonly withoutOwnFilter?: readonly string[];
}

/** A program that ends by a verdict of the host. */
export interface Assault {
  readonly name: string;
  readonly code: string;
  readonly timeoutMs?: number;
  readonly ends: Partial<Pick<SandboxResult, 'success' | 'verdict' | 'errorKind' | 'signal' | 'stdout'>>;
  /** The error's message, where the kind alone says too little. */
  readonly says?: RegExp;
}

/** A system call by its number on x86-64, as a program of its own. */
export function syscall(number: number, ...args: readonly (number | string)[]): string {
  return [
    'import ctypes',
    'libc = ctypes.CDLL(None, use_errno=True)',
    `if libc.syscall(${[number, ...args].map((arg) => `ctypes.c_long(${arg})`).join(', ')}) == -1:`,
    '    raise OSError(ctypes.get_errno(), "refused")',
  ].join('\n');
}

/** Runs each probe on its own and prints a JSON object of what each was answered. */
export function probing(probes: readonly Probe[]): string {
  return `
import errno, json
probes = ${JSON.stringify(probes.map(({ name, code }) => [name, code]))}
answers = {}
for name, code in probes:
    try:
        exec(code, {})
        answers[name] = "allowed"
    except OSError as error:
        answers[name] = errno.errorcode.get(error.errno, type(error).__name__)
    except BaseException as error:
        answers[name] = type(error).__name__
print(json.dumps(answers))
`;
}
