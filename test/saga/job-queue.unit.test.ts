import { expect } from 'chai';
import fc from 'fast-check';
import type { PerformEffect } from '../../actors/effects/effect-actor.ts';
import { JobQueue } from '../../actors/effects/job-queue.ts';

const job = (priority: number, effect: string) => ({ effect, call: { priority } }) as PerformEffect;

describe('JobQueue', () => {
  it('gives the highest priority first, the oldest of each first, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.constantFrom(25, 50, 75, 100)), { maxLength: 2_000 }), (moves) => {
        const queue = new JobQueue();
        let model: PerformEffect[] = [];
        moves.forEach((priority, index) => {
          if (priority !== null) {
            const added = job(priority, String(index));
            queue.add(added);
            model.push(added);
            return;
          }
          const most = Math.max(...model.map(({ call }) => call.priority));
          const next = model.find(({ call }) => call.priority === most);
          expect(queue.take()).to.equal(next);
          model = model.filter((other) => other !== next);
        });
        expect(queue.all()).to.have.members(model);
      }),
    );
  });

  it('takes from a long line without keeping what was taken', () => {
    const queue = new JobQueue();
    for (let index = 0; index < 10_000; index += 1) queue.add(job(50, String(index)));
    for (let index = 0; index < 9_000; index += 1) expect(queue.take()?.effect).to.equal(String(index));
    expect(queue.all()).to.have.length(1_000);
  });
});
