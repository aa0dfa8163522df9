import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import {
  engineCandidates,
  type EngineSurroundings,
  parseEndpoint,
} from '../../sandbox-pool/docker/engine-candidates.ts';
import { isApiRecent, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { ownEnginePaths } from '../../sandbox-pool/docker/own-engine.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('where a Docker engine is looked for', () => {
  let home: { path: string; remove(): Promise<void> };
  const at = (
    env: EngineSurroundings['env'] = {},
    platform: NodeJS.Platform = 'linux',
  ): EngineSurroundings => ({
    env,
    platform,
    home: home.path,
    uid: 1000,
    cacheDir: join(home.path, 'cache'),
  });

  beforeEach(async () => {
    home = await tempDir();
  });
  afterEach(() => home.remove());

  const context = async (name: string, endpoint: string): Promise<void> => {
    const folder = join(home.path, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'meta.json'),
      JSON.stringify({ Name: name, Endpoints: { docker: { Host: endpoint } } }),
    );
  };

  it('takes DOCKER_HOST alone when it is set', async () => {
    const found = await engineCandidates(
      at({ DOCKER_HOST: 'tcp://build-box:2375', DOCKER_CONTEXT: 'other' }),
    );
    expect(found).to.deep.equal([
      {
        address: { host: 'build-box', port: 2375, protocol: 'http' },
        endpoint: 'tcp://build-box:2375',
        foundBy: 'DOCKER_HOST',
        exclusive: true,
      },
    ]);
  });

  it('takes DOCKER_CONTEXT alone, and refuses one that does not exist', async () => {
    await context('lab', 'unix:///lab.sock');
    const found = await engineCandidates(at({ DOCKER_CONTEXT: 'lab' }));
    expect(found.map(({ endpoint, exclusive }) => [endpoint, exclusive])).to.deep.equal([
      ['unix:///lab.sock', true],
    ]);
    expect(await failure(engineCandidates(at({ DOCKER_CONTEXT: 'gone' })))).to.include('DOCKER_CONTEXT=gone');
  });

  it('prefers the current context, then the system, then desktop products, then our own', async () => {
    await context('colima', 'unix:///colima.sock');
    await writeFile(join(home.path, '.docker/config.json'), JSON.stringify({ currentContext: 'colima' }));
    const found = (await engineCandidates(at())).map(({ endpoint }) => endpoint);
    const order = ['unix:///colima.sock', 'unix:///var/run/docker.sock', 'unix:///run/user/1000/docker.sock'];
    expect(found.slice(0, 3)).to.deep.equal(order);
    expect(found.indexOf(`unix://${ownEnginePaths(at().cacheDir).socket}`)).to.be.greaterThan(
      found.indexOf(`unix://${home.path}/.orbstack/run/docker.sock`),
    );
    expect(new Set(found).size).to.equal(found.length);
  });

  it('survives a broken docker configuration', async () => {
    await mkdir(join(home.path, '.docker'));
    await writeFile(join(home.path, '.docker/config.json'), '{');
    expect((await engineCandidates(at()))[0]?.endpoint).to.equal('unix:///var/run/docker.sock');
  });

  for (const [endpoint, address] of [
    ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock' }],
    ['tcp://10.0.0.1', { host: '10.0.0.1', port: 2375, protocol: 'http' }],
    ['tcp://[::1]:99', { host: '::1', port: 99, protocol: 'http' }],
    ['https://box', { host: 'box', port: 2376, protocol: 'https' }],
    ['npipe:////./pipe/docker_engine', { socketPath: '//./pipe/docker_engine' }],
  ] as const) {
    it(`reads ${endpoint}`, async () =>
      expect(await parseEndpoint(endpoint, 'DOCKER_HOST')).to.deep.equal(address));
  }

  for (const endpoint of ['', 'unix://relative', 'ssh://box', 'docker.sock', 'tcp://', 'ftp://x']) {
    it(`refuses "${endpoint}" and names the variable`, async () => {
      expect(await failure(parseEndpoint(endpoint, 'DOCKER_HOST'))).to.include('DOCKER_HOST=');
    });
  }

  it('uses TLS when client certificates are given', async () => {
    expect(await parseEndpoint('tcp://box', 'DOCKER_HOST', { ca: 'A' })).to.deep.equal({
      host: 'box',
      port: 2376,
      protocol: 'https',
      ca: 'A',
    });
  });

  it('says which variable names an engine that does not answer', async () => {
    const message = await failure(locateEngine(at({ DOCKER_HOST: `unix://${home.path}/none.sock` })));
    expect(message).to.include('DOCKER_HOST').and.to.include('no such socket');
  });

  it('asks for API 1.41', () => {
    expect(['1.40', '1.41', '1.51', '2.0', 'x'].map(isApiRecent)).to.deep.equal([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('keeps socket paths short enough for the kernel', () => {
    const { socket, exec } = ownEnginePaths(`/home/${'deep/'.repeat(40)}cache`);
    expect(socket.length).to.be.lessThan(100);
    expect(exec.length).to.be.lessThan(80);
  });

  async function failure(work: Promise<unknown>): Promise<string> {
    const thrown = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).to.be.instanceOf(TradewrightError);
    return (thrown as TradewrightError).message;
  }
});
