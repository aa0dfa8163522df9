import type { Command } from 'commander';
import { gatewayOf } from '../gateway.ts';
import { say } from '../terminal.ts';

/** `tradewright start` and `tradewright status` */
export function registerWorker(program: Command): void {
  program
    .command('start')
    .description('run a worker here until it is told to stop; settings come from the environment')
    .action(async () => {
      await import('../../app/worker/main.ts');
    });

  program
    .command('status')
    .description('what runs, where, on what')
    .action(async (_: object, command: Command) => {
      const status = await gatewayOf(command).status();
      say(command, status, (print) => print(JSON.stringify(status, undefined, 2)));
    });
}
