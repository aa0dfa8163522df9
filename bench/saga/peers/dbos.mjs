// DBOS: four steps in a workflow, on PostgreSQL. Arguments: address of the database, file of the recorder.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { loaded, serve } from '../../harness/serve.mjs';
import { recorder, steps } from '../effect.mjs';

const [systemDatabaseUrl, file] = process.argv.slice(2);
const record = recorder(file);

const quick = DBOS.registerWorkflow(
  async () => {
    for (const name of steps) await DBOS.runStep(async () => ({ ok: true }), { name });
    return { ok: true };
  },
  { name: 'quick' },
);
const recorded = DBOS.registerWorkflow(
  async (id) => {
    for (const name of steps) await DBOS.runStep(() => record(`${id} ${name}`), { name });
    return { ok: true };
  },
  { name: 'recorded' },
);
DBOS.setConfig({ name: 'bench', systemDatabaseUrl, applicationVersion: '1', logLevel: 'error' });
await DBOS.launch();

let started = 0;
serve({
  run: async ({ n, concurrency, tag }) => {
    const began = performance.now();
    const latencies = await loaded(n, concurrency, async () => {
      const handle = await DBOS.startWorkflow(quick, { workflowID: `${tag}-${(started += 1)}` })();
      await handle.getResult();
    });
    return { seconds: (performance.now() - began) / 1000, latencies };
  },
  flight: async ({ n, tag }) => {
    const starting = Array.from({ length: n }, (_, index) =>
      DBOS.startWorkflow(recorded, { workflowID: `${tag}-${index}` })(`${tag}-${index}`),
    );
    await Promise.all(starting);
    return {};
  },
});
