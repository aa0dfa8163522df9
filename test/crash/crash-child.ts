// Runs the workflow to its end, or to the point at which this process kills itself:
//   crash-child.ts <data folder> <NATS url> <recorder url> <well|badly> [<point>]
// Prints each point that it passes, and last the workflow as JSON.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { startSagaEngine } from '../../actors/saga/saga-engine.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock as clock } from '../../contracts/ports/clock.ts';
import { silentLog as log } from '../../contracts/ports/log.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import { openMessaging, startRelay } from '../../messaging/index.ts';
import { openStore } from '../../persistence/index.ts';
import { counting, effectsWithPoints, feedWithPoints, journalWithPoints } from './crash-points.ts';
import { crashEffects, crashWorkflow } from './crash-workflow.ts';
import { callsAt } from './recorder.ts';

const [dir = '', natsUrl = '', recorderUrl = '', ends, killAt] = process.argv.slice(2);

const around = counting((point) => {
  writeSync(1, `point ${point}\n`);
  if (point !== killAt) return;
  process.kill(process.pid, 'SIGKILL');
  // Nothing more happens here, however long the signal takes.
  for (;;);
});

const store = await openStore({ dir: join(dir, 'journal'), clock, log });
const journal = journalWithPoints(store.journal, around);
const messaging = await openMessaging({ url: natsUrl, name: 'crash', log, clock });
// One publish for each commit: which ones there are must not depend on time.
const relay = startRelay({ journal, feed: feedWithPoints(messaging.events, around), clock, log, group: 1 });
const { sagas, stop } = await startSagaEngine({
  journal,
  definitions: [crashWorkflow],
  effects: effectsWithPoints(crashEffects(callsAt(recorderUrl)), around),
  clock,
  random: () => 0.5,
  snapshotEvery: 3,
});
await sagas.recover();
const workflowId = workflowIdFrom('crash');
const { name, version } = crashWorkflow;
// Whoever asked for the workflow asks again after a crash: the same key is the same workflow.
await sagas.start({
  type: 'start',
  workflowId,
  definition: { name, version },
  input: { ends },
  dedupKey: 'crash',
  lane: 'normal',
  labels: {},
});
let view = await sagas.get(workflowId);
while (!view || !isTerminal(view.state)) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  view = await sagas.get(workflowId);
}
while (relay.position() < store.journal.lastCommit()) await new Promise((resolve) => setTimeout(resolve, 5));
await relay.stop();
await stop();
await messaging.close();
await store.close();
writeSync(1, `${JSON.stringify(view)}\n`);
process.exit(0);
