import { expect } from 'chai';
import fc from 'fast-check';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import type { WorkflowCommand } from '../../workflows/engine/command.ts';
import { evolve } from '../../workflows/engine/evolve.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import { viewOf } from '../../workflows/engine/view.ts';
import { eventually } from '../support/eventually.ts';
import { type SagaRig, startSagas } from '../support/sagas.ts';
import { tempDir } from '../support/temp-dir.ts';
import { tripWorkflow } from '../support/trips.ts';

const by = 'ada';
const commands: readonly WorkflowCommand[] = [
  { type: 'pause', by, reason: '' },
  { type: 'resume', by },
  { type: 'retry', by },
  { type: 'cancel', by, reason: '' },
  { type: 'decide', verdict: 'approve', by, reason: '' },
  { type: 'tick' },
];
/** Commands sent at once, by bursts; every third effect fails for good. */
const bursts = fc.array(fc.array(fc.constantFrom(...commands, 'fork' as const), { maxLength: 6 }), {
  maxLength: 5,
});

describe('commands sent at the same time', () => {
  const definition = tripWorkflow({ onExhausted: 'pause', hotelMayHaveHadEffect: true });
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let rig: SagaRig;
  let performed = 0;

  before(async () => {
    dir = await tempDir();
    const effect = async () => {
      performed += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (performed % 3 === 0) throw new Error('out of luck');
      return { id: String(performed) };
    };
    const names = ['draft', 'shred', 'review', 'flight', 'cancel-flight', 'hotel', 'cancel-hotel', 'ticket'];
    const handlers = Object.fromEntries(names.map((name) => [`trip.${name}`, effect]));
    const once = tripWorkflow({
      retry: { maxAttempts: 1, initialMs: 1, maxMs: 1 },
      onExhausted: 'pause',
      hotelMayHaveHadEffect: true,
    });
    rig = await startSagas({ dir: dir.path, definitions: [once], handlers });
  });
  after(async () => {
    await rig.close();
    await dir.remove();
  });

  const replayed = async (workflowId: WorkflowId): Promise<readonly WorkflowData[]> => {
    const states: WorkflowData[] = [];
    for (const { seq, time, fact } of await rig.store.journal.read(workflowId))
      states.push(evolve(definition, states.at(-1), { workflowId, seq, time, fact }));
    return states;
  };

  it('S14 S15 S16 leave a journal without gaps that says what the workflow is, and starts nothing in a pause', async () => {
    let life = 0;
    await fc.assert(
      fc.asyncProperty(bursts, async (rounds) => {
        life += 1;
        const { workflowId } = await rig.start(`race-${life}`, { drafts: 2 });
        for (const [round, burst] of rounds.entries()) {
          await Promise.all(
            burst.map((command, at) => {
              if (command !== 'fork') return rig.sagas.command(workflowId, command, by);
              const dedupKey = `fork-${life}-${round}-${at}`;
              return rig.sagas.fork(workflowId, 'ticket', { workflowId: workflowIdFrom(dedupKey), dedupKey });
            }),
          );
        }
        await eventually(async () => {
          const { state } = await rig.view(workflowId);
          if (isTerminal(state)) return true;
          await rig.sagas.command(workflowId, { type: 'cancel', by, reason: 'the end' }, by);
          return false;
        });
        const events = await rig.store.journal.read(workflowId);
        expect(events.map(({ seq }) => seq)).to.deep.equal(events.map((_, at) => at + 1));
        const states = await replayed(workflowId);
        const last = states.at(-1);
        const view = await rig.view(workflowId);
        expect(JSON.parse(JSON.stringify(last && viewOf(last)))).to.deep.equal(
          JSON.parse(JSON.stringify(view)),
        );
        events.forEach(({ fact, stateAfter }, at) => {
          expect(stateAfter).to.equal(states[at]?.state);
          if (fact.type === 'StepStarted') expect(states[at - 1]?.paused).to.equal(null);
        });
      }),
      { numRuns: 25 },
    );
  });
});
