import { expect } from 'chai';
import { type ActorSystem, createActorSystem, stop } from '../../actors/kernel/index.ts';
import { poolActor } from '../../actors/sandbox/pool-actor.ts';
import { PoolDoor } from '../../actors/sandbox/pool-door.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { eventually } from '../support/eventually.ts';
import { sandboxHost, type SandboxHost } from '../sandbox/sandbox-host.ts';

const withinMs = 60_000;
const quickly = { initial: 50, factor: 2, max: 500 };

describe('the pool actor', function () {
  this.timeout(120_000);
  let host: SandboxHost;
  let system: ActorSystem;
  let givenUp: string[];
  /** A name of its own for the image, which can be taken away and given back. */
  const name = `tradewright-sandbox-test:${process.pid}`;

  before(async () => {
    host = await sandboxHost();
  });
  beforeEach(async () => {
    givenUp = [];
    system = createActorSystem({
      name: 'pool-actor',
      clock: systemClock,
      log: silentLog,
      onFailed: ({ path }) => void givenUp.push(path),
    });
    await nameImage();
  });
  afterEach(async () => {
    await system.stop();
    await unnameImage();
    expect(await host.containers({ pid: process.pid })).to.deep.equal([]);
  });
  after(() => host.close());

  const nameImage = async (): Promise<void> => {
    const [repo = '', tag = ''] = name.split(':');
    await host.engine.docker.getImage(host.image).tag({ repo, tag });
  };
  const unnameImage = async (): Promise<void> => {
    await host.engine.docker
      .getImage(name)
      .remove()
      .catch(() => undefined);
  };
  const spawned = (maxRestarts = 50) => {
    const door = new PoolDoor();
    const open = () => host.pool({ image: name, min: 1, max: 2, preload: 'numpy' });
    const actor = system.spawn(
      poolActor({
        open,
        door,
        drainMs: 5_000,
        restart: { maxRestarts, withinMs: 60_000, backoffMs: quickly },
      }),
    );
    return { door, actor };
  };
  const codeOf = async (failing: Promise<unknown>): Promise<string> => {
    const error = await failing.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof TradewrightError ? `${error.code} ${error.kind}` : String(error);
  };
  const print = { code: 'print("through")' };
  const through = { success: true, stdout: 'through\n' };

  it('opens its door with warm containers and leaves none when it is stopped', async () => {
    const { door, actor } = spawned();
    expect(await codeOf(door.execute(print))).to.equal('SANDBOX_POOL_CLOSED retryable');
    await door.ready;
    expect(door.stats().warm).to.equal(1);
    expect(door.health()).to.deep.equal({ isOpen: true, restarts: 0, lastFailure: null });
    expect(await door.execute(print)).to.include(through);
    await stop(actor);
    expect(await host.containers({ pid: process.pid })).to.deep.equal([]);
    expect(await codeOf(door.execute(print))).to.equal('SANDBOX_POOL_CLOSED retryable');
  });

  it('lets a program under way end before it stops', async () => {
    const { door, actor } = spawned();
    await door.ready;
    const running = door.execute({ code: 'import time\ntime.sleep(0.5)\nprint("through")' });
    await eventually(() => door.stats().leased === 1, { withinMs, what: 'the program to run' });
    await stop(actor);
    expect(await running).to.include(through);
  });

  it('crashes when its pool is lost, refuses who waits as retryable, and comes back with a new one', async () => {
    const { door } = spawned();
    await door.ready;
    await unnameImage();
    // The one warm container goes, and no other can be made.
    expect(await door.execute(print)).to.include(through);
    const waiting = codeOf(door.execute({ ...print, waitMs: withinMs }));
    expect(await waiting).to.equal('SANDBOX_POOL_CLOSED retryable');
    await eventually(() => !door.health().isOpen, { withinMs, what: 'the door to shut' });
    expect(door.health().lastFailure?.code).to.equal('IMAGE_MISSING');
    expect(await codeOf(door.execute(print))).to.equal('SANDBOX_POOL_CLOSED retryable');
    expect(await codeOf(door.runtime())).to.equal('SANDBOX_POOL_CLOSED retryable');
    expect(door.stats()).to.include({ warm: 0, leased: 0 });

    await nameImage();
    await eventually(() => door.health().isOpen, { withinMs, what: 'a new pool' });
    expect(door.health().restarts).to.equal(1);
    expect(await door.execute(print)).to.include(through);
    expect(givenUp).to.deep.equal([]);
  });

  it('tells its parent when no new pool can be opened', async () => {
    const { door } = spawned(2);
    await door.ready;
    await unnameImage();
    expect(await door.execute(print)).to.include(through);
    await eventually(() => givenUp.length > 0, { withinMs, what: 'the actor to be given up' });
    expect(givenUp[0]).to.match(/\/pool$/);
  });

  it('says why the first pool cannot start', async () => {
    await unnameImage();
    const { door } = spawned();
    expect(await codeOf(door.ready)).to.equal('IMAGE_MISSING terminal');
  });
});
