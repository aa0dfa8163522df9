import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { registerJournal } from './commands/journal.ts';
import { registerStrategies } from './commands/strategies.ts';
import { registerTraces } from './commands/traces.ts';
import { registerSandbox } from './commands/sandbox.ts';
import { registerQueue } from './commands/queue.ts';
import { registerWorker } from './commands/worker.ts';
import { registerWorkflows } from './commands/workflows.ts';
import { exitCodes, sayFailure, sayUsage } from './terminal.ts';

const program = new Command('tradewright')
  .description(packageJson.description)
  .version(packageJson.version)
  .option(
    '--url <url>',
    'of the worker’s gateway',
    process.env['TRADEWRIGHT_GATEWAY_URL'] ?? 'http://127.0.0.1:8790',
  )
  .option('--json', 'one JSON object as the last line of stdout')
  .exitOverride();

for (const register of [
  registerWorker,
  registerWorkflows,
  registerStrategies,
  registerTraces,
  registerJournal,
  registerQueue,
  registerSandbox,
])
  register(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has told people already; an option that could not be read may not have been kept.
    if (error.exitCode !== 0 && process.argv.includes('--json')) sayUsage(error.message);
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  } else {
    sayFailure(error, program.opts<{ json?: boolean }>().json === true);
    process.exitCode = exitCodes.failed;
  }
}
