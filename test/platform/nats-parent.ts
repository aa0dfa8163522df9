// Started by the test as a process that can be killed: argv is the data folder and the binary.
import { startNatsServer } from '../../messaging/embedded/nats-server-child.ts';

const [dataDir = '', binary = ''] = process.argv.slice(2);
const nats = await startNatsServer({ dataDir, binary });
process.once('SIGTERM', () => void nats.stop().then(() => process.exit(0)));
console.log(JSON.stringify({ pid: nats.pid, port: nats.port, url: nats.url }));
