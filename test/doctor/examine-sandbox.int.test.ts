import { expect } from 'chai';
import type { Check } from '../../app/doctor/check.ts';
import { examineSandbox } from '../../app/doctor/checks.ts';
import { engineSurroundings } from '../../sandbox-pool/docker/engine-locator.ts';
import { type CarelessEngine, carelessEngine } from '../sandbox/careless-engine.ts';
import { sandboxHost, type SandboxHost } from '../sandbox/sandbox-host.ts';

describe('doctor: the sandbox', function () {
  this.timeout(60_000);
  let host: SandboxHost;
  let careless: CarelessEngine;

  before(async () => {
    host = await sandboxHost();
    if (!('socketPath' in host.address)) throw new Error('these tests need an engine on a local socket');
    careless = await carelessEngine(host.address.socketPath);
  });

  afterEach(() => {
    careless.drop = () => undefined;
    careless.info = () => undefined;
    careless.lies = false;
  });

  after(async () => {
    await careless.close();
    await host.close();
  });

  const examined = async (): Promise<Map<string, Check>> => {
    const env = { DOCKER_HOST: `unix://${careless.socketPath}` };
    const checks = await examineSandbox({ engine: engineSurroundings(env, '/nonexistent') });
    return new Map(checks.map((check) => [check.part, check]));
  };

  it('finds every part in order on the engine that set-up made', async () => {
    const checks = await examined();
    expect([...checks.values()].filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(checks.get('engine limits')?.found).to.equal(
      'memory, swap, processes and processor time can be limited',
    );
  });

  it('names each limit that the engine cannot keep with what to do, and no pool starts there', async () => {
    careless.info = (info) => Object.assign(info, { SwapLimit: false, PidsLimit: false, CpuCfsQuota: false });
    const checks = await examined();
    const limits = checks.get('engine limits');
    expect(limits).to.include({
      ok: false,
      required: true,
      found: 'it cannot limit swap, nor limit processes, nor limit processor time',
    });
    expect(limits?.fix)
      .to.match(/swap: .*swapaccount=1/)
      .and.to.match(/processes: .*Delegate=/);
    expect(checks.get('sandbox run')).to.include({ ok: false });
    const pool = host.pool({ engine: { socketPath: careless.socketPath } });
    const refused: unknown = await pool.start().catch((error: unknown) => error);
    await pool.close();
    expect(refused).to.include({ code: 'SANDBOX_UNCONFINED' });
    expect(String(refused)).to.match(/cannot limit swap nor limit processes nor limit processor time/);
  });

  it('says what is missing of the confinement of a container, part by part', async () => {
    careless.lies = true;
    careless.drop = ({ HostConfig }) => {
      HostConfig['ReadonlyRootfs'] = false;
      HostConfig['PidsLimit'] = 0;
      HostConfig['MaskedPaths'] = [];
    };
    const checks = await examined();
    for (const part of ['sandbox proof', 'sandbox run']) {
      expect(checks.get(part), part).to.include({ ok: false, required: true });
      expect(checks.get(part)?.found)
        .to.match(/root file system: writable/)
        .and.to.match(/processes: no limit/)
        .and.to.match(/masked paths: /);
      expect(checks.get(part)?.fix).to.match(/each part that is named/);
    }
  });
});
