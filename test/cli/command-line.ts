import { execFile } from 'node:child_process';
import type { z } from 'zod';
import { compiled } from '../support/compiled.ts';

/** What a run of the command line left behind. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tradewright …` as users run it; without `url` nobody answers. */
export async function tradewright(args: readonly string[], url = 'http://127.0.0.1:9'): Promise<Said> {
  const program = await compiled('cli/main.ts');
  const environment = { ...process.env, TRADEWRIGHT_GATEWAY_URL: url };
  return new Promise((resolve) =>
    execFile(process.execPath, [...program, ...args], { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}

/** The object that `--json` promises. */
export const lastLine = <S extends z.ZodType>({ stdout }: Said, schema: S): z.infer<S> =>
  schema.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
