import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const script = fileURLToPath(new URL('llm-sandbox.py', import.meta.url));
const Answer = z.object({ versions: z.string(), endMs: z.array(z.number()).min(1) });

type Docker = (...args: readonly string[]) => Promise<string>;

/** The peer, where this machine's python3 has it. */
export class LlmSandbox {
  readonly versions: string;
  readonly #docker: Docker;
  readonly #image: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(versions: string, docker: Docker, image: string, env: NodeJS.ProcessEnv) {
    this.versions = versions;
    this.#docker = docker;
    this.#image = image;
    this.#env = env;
  }

  /** It calls its interpreter `python`: its image is ours with that name. null where it cannot be imported. */
  static async prepare(docker: Docker, image: string, env: NodeJS.ProcessEnv): Promise<LlmSandbox | null> {
    const can = await run('python3', ['-c', 'import docker, llm_sandbox'], { env }).then(
      () => true,
      () => false,
    );
    if (!can) return null;
    const name = `tradewright-bench-llm-sandbox:${process.pid}`;
    const made = await docker(
      ...['run', '--detach', '--network', 'none', image],
      ...['ln', '-s', 'python3', '/usr/bin/python'],
    );
    await docker('wait', made);
    await docker('commit', '--change', 'CMD ["python3"]', made, name);
    await docker('rm', made);
    const { versions } = await measure(name, 1, env);
    return new LlmSandbox(versions, docker, name, env);
  }

  /** How long each of some programs takes to its result, milliseconds. */
  async ends(count: number): Promise<readonly number[]> {
    return (await measure(this.#image, count, this.#env)).endMs;
  }

  async close(): Promise<void> {
    await this.#docker('rmi', this.#image);
  }
}

async function measure(
  image: string,
  count: number,
  env: NodeJS.ProcessEnv,
): Promise<z.infer<typeof Answer>> {
  const { stdout } = await run('python3', [script, image, String(count)], { env });
  return Answer.parse(JSON.parse(stdout));
}
