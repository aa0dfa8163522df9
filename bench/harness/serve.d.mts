export function serve(commands: Record<string, (command: never) => Promise<object>>): void;
export function loaded(
  n: number,
  concurrency: number,
  one: (index: number) => Promise<void>,
): Promise<number[]>;
