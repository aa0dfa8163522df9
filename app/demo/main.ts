import { join } from 'node:path';
import { once } from 'node:events';
import { toFailure } from '../../contracts/errors.ts';
import { readConfig } from '../config/config.ts';
import { runDemo } from './demo.ts';
import { parseDemoOptions } from './options.ts';
import { holds, printSummary } from './summary.ts';

async function main(): Promise<void> {
  const options = parseDemoOptions(process.argv.slice(2));
  const { json, once: ends, scenario } = options;
  const out = json ? process.stderr : process.stdout;
  const print = (line: string): void => void out.write(`${line}\n`);
  const home = process.env['TRADEWRIGHT_DATA_DIR'] ?? '.tradewright';
  // A full store is a state of the folder: that scenario has one of its own.
  const dataDir = join(home, scenario === 'failing' ? 'demo-failing' : 'demo');
  const config = readConfig({ ...process.env, TRADEWRIGHT_DATA_DIR: dataDir });

  const demo = await runDemo(options, config, print);
  printSummary(demo.result, demo.status, demo.gatewayUrl, print);
  if (json) process.stdout.write(`${JSON.stringify(demo.result)}\n`);
  if (!holds(scenario, demo.result)) process.exitCode = 1;
  if (ends) return;
  print('\nStill up; Ctrl-C ends it.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await demo.stop();
}

main().catch((error: unknown) => {
  const { code, message } = toFailure(error);
  process.stderr.write(`\n${code}: ${message}\n`);
  process.exitCode = 1;
});
