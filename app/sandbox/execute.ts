import { runProgram } from '../../actors/sandbox/run-program.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { RunOptions } from '../../contracts/ports/sandbox.ts';
import type { PostRun, ProgramRun } from '../../contracts/sandbox-api.ts';
import { engineSurroundings, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { execute as executeOnce } from '../../sandbox-pool/index.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { readConfig } from '../config/config.ts';

/**
 * Reviews a program and runs it once in a container of its own on this machine's engine; nothing is left afterwards. It finds `input`
 * in its variable INPUT and may leave a JSON value in RESULT.
 * @throws ENGINE_MISSING, IMAGE_MISSING, SECCOMP_MISSING, SANDBOX_UNCONFINED, CONFIG_INVALID, INPUT_INVALID for limits out of bounds
 */
export async function execute(
  code: string,
  input?: PostRun['input'],
  limits: NonNullable<PostRun['limits']> = {},
  options: Pick<RunOptions, 'signal' | 'onOutput'> = {},
): Promise<ProgramRun> {
  const { environment, cacheDir, validation, sandboxRuntime, seccompAction } = readConfig();
  return runProgram(
    {
      review: reviewCode,
      validation,
      execute: async (request) => {
        const { address } = await locateEngine(engineSurroundings(environment, cacheDir));
        const { image } = await sandboxImageTags();
        return executeOnce(
          {
            engine: address,
            image,
            clock: systemClock,
            log: silentLog,
            seccompAction,
            ...(sandboxRuntime === undefined ? {} : { runtime: sandboxRuntime }),
          },
          request,
        );
      },
    },
    { code, limits, ...(input === undefined ? {} : { input }) },
    options,
  );
}
