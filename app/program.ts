import { fileURLToPath } from 'node:url';

declare global {
  interface ImportMeta {
    /** Of the compiled file; undefined where the source itself runs. Set by scripts/build.mjs. */
    readonly built?: string;
  }
}

/** Arguments of Node that run the program `name` beside the module that asks: compiled where that is, else from its source. */
export function programBeside(
  module: { readonly url: string; readonly built: string | undefined },
  name: string,
): { readonly file: string; readonly execArgv: readonly string[] } {
  const { url, built } = module;
  return built === undefined
    ? { file: fileURLToPath(new URL(`./${name}.ts`, url)), execArgv: ['--import', 'tsx'] }
    : { file: fileURLToPath(new URL(`./${name}.js`, built)), execArgv: ['--enable-source-maps'] };
}

/**
 * Arguments of Node for a program that takes many tasks a second: with the default of 16 MiB for what is new, a sixth of its time goes into
 * collecting what lived for a moment. Costs memory only where there is that much of it.
 */
export const manyTasks: readonly string[] = ['--max-semi-space-size=32'];
