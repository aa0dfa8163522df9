import { startOrders } from './start-worker.ts';

// A worker in a process of its own, made to be killed: it begins workflows, says so, never ends their start tasks, and hangs in `pay`.
const [url = '', dir = ''] = process.argv.slice(2);
const idle = async (): Promise<void> => undefined;
const nats = { url, port: 0, kill: idle, start: idle, stop: idle, freeze: idle, thaw: () => undefined };
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const never = (): Promise<never> => new Promise(() => undefined);

await startOrders(
  nats,
  dir,
  {
    'test.book': async (_, { workflowId }) => {
      say(`book ${workflowId}`);
      return { booking: workflowId };
    },
    'test.pay': (_, { workflowId }) => {
      say(`pay ${workflowId}`);
      return never();
    },
  },
  (key) => {
    say(`begun ${key}`);
    return never();
  },
);
