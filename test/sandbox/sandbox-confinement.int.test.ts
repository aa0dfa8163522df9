import { expect } from 'chai';
import { systemClock } from '../../contracts/ports/clock.ts';
import { SandboxContainer } from '../../sandbox-pool/docker/container.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { Engine } from '../../sandbox-pool/docker/engine.ts';
import { execute } from '../../sandbox-pool/index.ts';
import { loadSeccompProfile, defaultSeccompProfilePath } from '../../sandbox-pool/docker/seccomp-profile.ts';
import { containerLimits, defaultLimits } from '../../sandbox-pool/pool/limits.ts';
import { type CarelessEngine, carelessEngine, type CreateBody } from './careless-engine.ts';
import { namedRandom, sandboxHost, type SandboxHost } from './sandbox-host.ts';

interface Part {
  readonly part: string;
  readonly drop: (body: CreateBody) => void;
  /** What the error has to name. */
  readonly named: RegExp;
  readonly code?: 'SECCOMP_MISSING';
  /** Who can know: the engine that says what it took over, the kernel that says what is in force; both unless said. */
  readonly seenBy?: 'engine' | 'kernel';
}

const parts: readonly Part[] = [
  {
    part: 'a private network',
    drop: (body) => {
      body['NetworkDisabled'] = false;
      body.HostConfig['NetworkMode'] = 'host';
    },
    named: /net namespace: shared|network: (host|it has)/,
  },
  {
    part: 'the read-only root',
    drop: (body) => void (body.HostConfig['ReadonlyRootfs'] = false),
    named: /root file system: writable/,
  },
  {
    part: 'the dropping of capabilities',
    drop: (body) => void (body.HostConfig['CapDrop'] = []),
    named: /capabilities: (some are left|none were dropped)/,
  },
  {
    part: 'an added capability kept away',
    drop: (body) => void (body.HostConfig['CapAdd'] = ['SYS_PTRACE']),
    named: /capabilities: some (are left|were added)/,
  },
  {
    // The profile cannot be put on a process of an ordinary user without it, so the two go together.
    part: 'no-new-privileges and the profile',
    drop: ({ HostConfig }) => void (HostConfig.SecurityOpt = ['seccomp=unconfined']),
    named: /no-new-privileges: not set/,
    code: 'SECCOMP_MISSING',
    // The runner sets it on itself before it is ready; with a plain program it is tried below.
    seenBy: 'engine',
  },
  {
    part: 'the user of its own',
    drop: (body) => void (body['User'] = '0:0'),
    named: /user: runs as 0\/0\/0\/0/,
    seenBy: 'kernel',
  },
  {
    part: 'the IPC namespace of its own',
    drop: (body) => void (body.HostConfig['IpcMode'] = 'host'),
    named: /ipc namespace: shared|IPC: host/,
  },
  {
    part: 'the PID namespace of its own',
    drop: (body) => void (body.HostConfig['PidMode'] = 'host'),
    named: /pid namespace: shared/,
    seenBy: 'kernel',
  },
  {
    part: 'the limit of processes',
    drop: (body) => void (body.HostConfig['PidsLimit'] = 0),
    named: /processes: no limit/,
  },
  {
    part: 'the limit of memory',
    drop: ({ HostConfig }) => {
      HostConfig['Memory'] = 0;
      HostConfig['MemorySwap'] = 0;
    },
    named: /memory: (no limit|the limit is)/,
  },
  {
    part: 'the limit of swap',
    drop: (body) => void (body.HostConfig['MemorySwap'] = -1),
    named: /swap: /,
  },
  {
    part: 'the limit of processor time',
    drop: (body) => void (body.HostConfig['NanoCpus'] = 0),
    named: /processor: no limit/,
  },
  {
    part: 'the limits of files, core dumps and lifetime',
    drop: (body) => void (body.HostConfig['Ulimits'] = []),
    named: /files: no limit.*processor time: no last limit/,
    seenBy: 'kernel',
  },
  {
    part: 'logging turned off',
    drop: (body) => void (body.HostConfig['LogConfig'] = { Type: 'json-file', Config: {} }),
    named: /logs: the engine writes what the program prints/,
    seenBy: 'engine',
  },
  {
    part: 'the masked paths',
    drop: (body) => void (body.HostConfig['MaskedPaths'] = []),
    named: /masked paths: .*\/proc\/cmdline/,
  },
  {
    part: 'the read-only paths of /proc',
    drop: (body) => void (body.HostConfig['ReadonlyPaths'] = []),
    named: /read-only paths: .*\/proc\/sys/,
  },
  {
    part: 'the limit of inodes in /tmp',
    drop: ({ HostConfig: { Tmpfs } }) =>
      void (Tmpfs['/tmp'] = (Tmpfs['/tmp'] ?? '').replace(/,nr_inodes=\d+/, '')),
    named: /\/tmp: (no limit of inodes|not as it was asked for)/,
  },
  {
    part: 'the limit of bytes in /tmp',
    drop: ({ HostConfig: { Tmpfs } }) =>
      void (Tmpfs['/tmp'] = (Tmpfs['/tmp'] ?? '').replace(/,size=\d+/, '')),
    named: /\/tmp: (no limit of bytes|not as it was asked for)/,
  },
  {
    part: 'noexec on /tmp',
    // What is not said is the engine's default, which is noexec.
    drop: ({ HostConfig: { Tmpfs } }) =>
      void (Tmpfs['/tmp'] = (Tmpfs['/tmp'] ?? '').replace('noexec', 'exec')),
    named: /\/tmp: not (noexec|as it was asked for)/,
  },
  {
    part: 'the seccomp profile',
    drop: ({ HostConfig }) => void (HostConfig.SecurityOpt = ['no-new-privileges', 'seccomp=unconfined']),
    named: /seccomp|own filter is not in force/,
    code: 'SECCOMP_MISSING',
  },
  {
    part: "the runner's own filter",
    drop: (body) => void (body['Entrypoint'] = [...(body['Entrypoint'] as string[]), '--without-own-filter']),
    named: /own filter is not in force/,
    code: 'SECCOMP_MISSING',
    seenBy: 'kernel',
  },
  {
    part: "the runner's own filter, which it says it has",
    drop: (body) =>
      void (body['Entrypoint'] = [
        'python3',
        '-I',
        '-B',
        '-c',
        [
          'import runpy, sys',
          "sys.path.insert(0, '/opt/tradewright')",
          'import own_filter',
          'own_filter.close_the_door = lambda: None',
          "sys.argv = ['/opt/tradewright']",
          "runpy.run_path('/opt/tradewright', run_name='__main__')",
        ].join('\n'),
      ]),
    named: /own filter is not in force/,
    code: 'SECCOMP_MISSING',
    seenBy: 'kernel',
  },
];

describe('confinement', function () {
  this.timeout(60_000);
  let host: SandboxHost;
  let careless: CarelessEngine;

  before(async () => {
    host = await sandboxHost();
    const { address } = host;
    if (!('socketPath' in address)) return;
    careless = await carelessEngine(address.socketPath);
  });

  after(async () => {
    await careless.close();
    await host.close();
  });

  afterEach(() => {
    careless.drop = () => undefined;
    careless.lies = false;
  });

  const start = async (): Promise<unknown> => {
    const { random, poolId } = namedRandom();
    const pool = host.pool({ engine: { socketPath: careless.socketPath }, min: 1, max: 1, random });
    try {
      await pool.start();
      return 'started';
    } catch (error) {
      expect(await host.containers({ poolId: poolId() })).to.deep.equal([]);
      return error;
    } finally {
      await pool.close();
    }
  };

  it('X15 X16 is found in force when the engine does what it is asked for', async () => {
    expect(await start()).to.equal('started');
    careless.lies = true;
    expect(await start()).to.equal('started');
  });

  for (const { part, drop, named, code = 'SANDBOX_UNCONFINED', seenBy } of parts) {
    if (seenBy !== 'kernel') {
      it(`X8 without ${part} no pool starts: the engine says so`, async () => {
        careless.drop = drop;
        const error = await start();
        expect(error).to.include({ code });
        expect(String(error)).to.match(named);
      });
    }
    if (seenBy !== 'engine') {
      it(`X8 without ${part} no pool starts though the engine says that all is there: the kernel tells`, async () => {
        careless.drop = drop;
        careless.lies = true;
        const error = await start();
        expect(error).to.include({ code });
        expect(String(error)).to.match(named);
      });
    }
  }

  it('X10 one call on an engine that confines nothing is refused with what is missing, long before its wait ends', async () => {
    careless.drop = ({ HostConfig }) => void (HostConfig['ReadonlyRootfs'] = false);
    const { image } = host;
    const options = {
      engine: { socketPath: careless.socketPath },
      image,
      clock: systemClock,
      log: silentLog,
    };
    const waitMs = 50_000;
    const late = new Promise((resolve) => setTimeout(resolve, waitMs / 2, 'still waiting').unref());
    const error = await Promise.race([
      late,
      execute(options, { code: 'print(1)', waitMs }).catch((thrown: unknown) => thrown),
    ]);
    expect(error).to.include({ code: 'SANDBOX_UNCONFINED' });
    expect(String(error)).to.match(/root file system: writable/);
  });

  it('X8 starts nothing where the engine leaves no-new-privileges out alone', async () => {
    careless.drop = ({ HostConfig }) =>
      void (HostConfig.SecurityOpt = HostConfig.SecurityOpt.filter((option) => !option.startsWith('no-new')));
    expect(await start()).to.include({ code: 'ENGINE_UNAVAILABLE' });
  });

  it("X8 sees no-new-privileges missing by the kernel's word", async () => {
    careless.lies = true;
    careless.drop = ({ HostConfig }) => void (HostConfig.SecurityOpt = ['seccomp=unconfined']);
    const engine = new Engine({ socketPath: careless.socketPath }, systemClock);
    const limits = containerLimits(defaultLimits);
    const plain = { image: host.image, command: ['python3', '-c', 'input()'], labels: {}, limits };
    const { json: seccompJson } = await loadSeccompProfile(defaultSeccompProfilePath);
    const container = await SandboxContainer.start(engine, systemClock, { ...plain, seccompJson }, 199_996);
    try {
      const error: unknown = await container.verify().catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 'SECCOMP_MISSING' });
      expect(String(error)).to.match(/seccomp: no filter on the process; no-new-privileges: not set/);
    } finally {
      await container.remove();
      engine.close();
    }
  });
});
