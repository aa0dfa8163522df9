// The other end of harness/side.ts: commands come in on stdin, one answer a line goes out.
import { createInterface } from 'node:readline';

const answer = (bench) => process.stdout.write(`${JSON.stringify({ bench })}\n`);

/** @param {Record<string, (command: any) => Promise<object>>} commands */
export function serve(commands) {
  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      try {
        const command = JSON.parse(line);
        answer(await commands[command.do](command));
      } catch (error) {
        answer({ error: error instanceof Error ? error.stack : String(error) });
      }
    })
    .on('close', () => process.exit(0));
  answer({ ready: true });
}

/** Runs `one` for 0…n-1, at most `concurrency` at a time; latencies in milliseconds. */
export async function loaded(n, concurrency, one) {
  const latencies = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < n; index = next++) {
      const began = performance.now();
      await one(index);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return latencies;
}
