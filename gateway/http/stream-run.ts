import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { toFailure, TradewrightError } from '../../contracts/errors.ts';
import { runIdFrom } from '../../contracts/ids.ts';
import type { PostRun, ProgramRunLine } from '../../contracts/sandbox-api.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { Questions } from './ask.ts';

type Line = z.infer<typeof ProgramRunLine>;

/** Told again until it has ended: the first word may come before its worker listens. */
const tellAgainMs = 250;
/** Held for a client that reads slower than the program prints; a run prints less, unless every character has to be escaped. */
const mostHeldBytes = 512 * 1024;

/**
 * Runs a program and gives its output as it comes, a JSON object a line, and how it ended as the last. What goes wrong before the first
 * line is thrown. When the client goes, or reads too slowly for what is printed, the run is cancelled.
 */
export async function streamRun(
  post: PostRun,
  reply: FastifyReply,
  ask: Pick<Questions, 'run'>,
  { programs, clock, newKey }: Pick<GatewayContext, 'programs' | 'clock' | 'newKey'>,
): Promise<FastifyReply> {
  const runId = runIdFrom(newKey());
  const lines = new PassThrough();
  let hasEnded = false;
  let stopTelling = (): void => undefined;
  const cancel = (): void => {
    if (hasEnded) return;
    programs.cancel(runId);
    stopTelling();
    stopTelling = clock.schedule(tellAgainMs, cancel);
  };
  let began: () => void = () => undefined;
  const firstLine = new Promise<void>((resolve) => (began = resolve));
  const write = (line: Line): void => {
    if (!lines.writable) return;
    lines.write(`${JSON.stringify(line)}\n`);
    if (lines.readableLength + lines.writableLength > mostHeldBytes) {
      lines.destroy(
        new TradewrightError('CANCELLED', 'the client reads more slowly than the program prints'),
      );
      cancel();
    }
    began();
  };

  const unfollow = programs.follow(runId, (stream, text) => write({ type: 'output', stream, text }));
  // Closed before everything was sent: the client has gone.
  reply.raw.once('close', cancel);
  const ended = ask.run({ ...post, runId }).finally(() => {
    hasEnded = true;
    stopTelling();
    unfollow();
  });
  await Promise.race([firstLine, ended]);
  ended
    .then(
      ({ review, result }) => write({ type: 'result', review, result }),
      (error: unknown) => write({ type: 'error', error: toFailure(error) }),
    )
    .finally(() => lines.end());
  return reply.type('application/x-ndjson').header('cache-control', 'no-store').send(lines);
}
