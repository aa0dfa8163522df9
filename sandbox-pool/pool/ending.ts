import type { ContainerExit } from '../docker/container.ts';

/** What the runner reports of an exception: the program's word, used for what it says, never for whether it failed. */
export interface Fault {
  readonly kind: 'syntax' | 'import' | 'runtime' | 'memory' | 'pids' | 'contract';
  readonly message: string;
  readonly traceback?: string | undefined;
  readonly line?: number | undefined;
}

/** How one exchange with the runner came to its end. */
export type Ending =
  | { readonly kind: 'positions'; readonly positions: Float64Array; readonly warmupBars: number }
  | {
      readonly kind: 'done';
      readonly exitCode: number;
      readonly fault: Fault | null;
      readonly value: unknown;
    }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'protocol'; readonly message: string }
  | { readonly kind: 'flood' }
  | { readonly kind: 'deadline'; readonly accepted: boolean }
  | { readonly kind: 'cancelled'; readonly message: string }
  | { readonly kind: 'exit'; readonly exit: ContainerExit; readonly fault: Fault | null };
