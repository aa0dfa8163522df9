// A bounded loop, a pause for a person once a step has failed for good, a retry, and a fork from a step.
//
//   node --import tsx examples/03-tune.ts
//
// Looks for the length of a moving average; prints {state, length} of the workflow and of its fork as the last two lines.
import { z } from 'zod';
import type { EffectHandlers } from '../actors/effects/effect-call.ts';
import { TradewrightError } from '../contracts/errors.ts';
import { workflowIdFrom } from '../contracts/ids.ts';
import { isTerminal } from '../contracts/workflow-view.ts';
import { defineWorkflow, nodesOf } from '../workflows/engine/index.ts';
import { openEngine, withFolder } from './open-engine.ts';

const Search = z.object({ from: z.number().int(), goal: z.number() });
const { step, loop } = nodesOf(Search);

const propose = step({
  name: 'propose',
  effect: 'search.propose',
  request: ({ input, roundOf }) => ({ length: input.from * roundOf({ name: 'propose' }) }),
  result: z.object({ length: z.number() }),
});
const score = step({
  name: 'score',
  effect: 'search.score',
  request: ({ resultOf }) => ({ length: resultOf(propose).length }),
  result: z.object({ score: z.number() }),
});
const report = step({
  name: 'report',
  effect: 'search.report',
  request: ({ resultOf }) => ({ length: resultOf(propose).length, score: resultOf(score).score }),
  result: z.object({ sent: z.boolean() }),
  // A person is asked instead of undoing the whole search.
  onExhausted: 'pause',
});

const tune = defineWorkflow({
  name: 'tune',
  version: 1,
  input: Search,
  steps: [
    loop('search', {
      atMost: 5,
      again: ({ input, resultOf }) => resultOf(score).score < input.goal,
      steps: [propose, score],
    }),
    report,
  ],
  outcome: ({ resultOf }) => ({ outcome: 'found', reason: String(resultOf(propose).length) }),
});

let mailServerIsUp = false;
const Asked = z.object({ length: z.number() });
const effects: EffectHandlers = {
  'search.propose': async (request) => Asked.parse(request),
  'search.score': async (request) => ({ score: 1 - 10 / Asked.parse(request).length }),
  'search.report': async () => {
    if (!mailServerIsUp) throw new TradewrightError('CONFIG_INVALID', 'the mail server is not set up');
    return { sent: true };
  },
};

await withFolder(async (folder) => {
  const { sagas, start, until, close } = await openEngine(folder, [tune], effects);
  const workflowId = await start(tune, 'tune-1', { from: 10, goal: 0.6 });
  const paused = await until(workflowId, ({ state }) => state === 'PAUSED');
  console.log('     paused:', paused.paused?.reason);
  mailServerIsUp = true;
  await sagas.command(workflowId, { type: 'retry', by: 'ada' }, 'ada');
  const ended = await until(workflowId, (view) => isTerminal(view.state));

  console.log('     … the same search again, but only from the report on …');
  const fork = workflowIdFrom('tune-1, reported again');
  await sagas.fork(workflowId, 'report', { workflowId: fork, dedupKey: 'tune-1, reported again' });
  const again = await until(fork, (view) => isTerminal(view.state));
  await close();
  for (const { state, reason } of [ended, again])
    console.log(JSON.stringify({ state, length: Number(reason) }));
});
