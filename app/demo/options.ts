import { Command, InvalidArgumentError } from 'commander';

export type Scenario = 'strategy' | 'failing' | 'crash' | 'signal';

export interface DemoOptions {
  readonly scenario: Scenario;
  /** Ends when the workflow has ended, and never waits for a person. */
  readonly once: boolean;
  /** The result as one JSON object, the last line of stdout; progress goes to stderr. */
  readonly json: boolean;
  readonly idea: string;
  readonly symbol: string;
  readonly seed: number;
}

const DEFAULT_IDEA = 'momentum on the S&P 500 with a volatility filter';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number, 0 or above');
  return value;
}

export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const program = new Command('demo')
    .description('One idea on its whole way: reason, generate, validate, back-test, assess, decide, publish.')
    .option('--once', 'end when the workflow has ended; never wait for a person', false)
    .option('--json', 'print the result as one JSON object, the last line of stdout', false)
    .option('--idea <text>', 'the trading idea', DEFAULT_IDEA)
    .option('--symbol <symbol>', 'what to trade', 'SPX')
    .option('--seed <number>', 'chooses among equally good parameters', wholeNumber, 1)
    .option('--failing', 'the signal store is full: publishing fails for good, everything is undone', false)
    .option('--crash', 'the worker is killed with SIGKILL during the back-test and started again', false)
    .option('--signal', 'a trade signal comes in over NATS and goes through the strategy made before', false)
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => process.stderr.write(text) })
    .parse([...args], { from: 'user' });
  const { failing, crash, signal, ...rest } = program.opts<{
    failing: boolean;
    crash: boolean;
    signal: boolean;
    once: boolean;
    json: boolean;
    idea: string;
    symbol: string;
    seed: number;
  }>();
  const chosen = [failing && 'failing', crash && 'crash', signal && 'signal'].filter(
    (name) => name !== false,
  );
  if (chosen.length > 1) program.error(`--${chosen.join(' and --')} do not go together`);
  return { ...rest, scenario: (chosen[0] as Scenario | undefined) ?? 'strategy' };
}
