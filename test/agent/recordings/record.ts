import { LLMock } from '@copilotkit/aimock';

/** A proxy that saves what a real endpoint answers as fixtures, for {@link replaying}. The key is never part of them. */
export async function recording(
  baseUrl: string,
  fixturePath: string,
): Promise<{ readonly baseUrl: string; stop(): Promise<void> }> {
  const mock = new LLMock({ port: 0 });
  mock.enableRecording({
    // The proxy adds the whole path, `/v1` included.
    providers: { openai: baseUrl.replace(/\/v1\/?$/, '') },
    fixturePath,
    recordFullModelVersion: true,
    upstreamTimeoutMs: 300_000,
    bodyTimeoutMs: 300_000,
  });
  await mock.start();
  return {
    baseUrl: `${mock.url}/v1`,
    stop: async () => void (await mock.stop()),
  };
}

/** An endpoint that answers from recorded fixtures alone; what was not recorded is an error. */
export async function replaying(
  fixturePath: string,
): Promise<{ readonly baseUrl: string; stop(): Promise<void> }> {
  const mock = new LLMock({ port: 0, strict: true });
  mock.loadFixtureDir(fixturePath);
  await mock.start();
  return {
    baseUrl: `${mock.url}/v1`,
    stop: async () => void (await mock.stop()),
  };
}
