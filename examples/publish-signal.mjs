// Publishes a trade signal with nothing but a NATS client, and waits for what becomes of it.
//
//   node examples/publish-signal.mjs nats://127.0.0.1:4222 '{"id":"my-1","symbol":"SPX","action":"buy","price":3000,"time":"2020-03-02T15:00:00Z"}'
//
// Prints two JSON lines: {stored} once the server has it on disk, {answer} when the workflow has ended: the outgoing signals, or why
// there are none.
import { connect, createInbox } from '@nats-io/transport-node';

const [url = 'nats://127.0.0.1:4222', text = '', waitMs = '120000'] = process.argv.slice(2);
const nc = await connect({
  servers: url,
  name: 'publish-signal example',
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
});
const replyTo = createInbox();

const answers = nc.subscribe(replyTo, { max: 1, timeout: Number(waitMs) });
const signal = { replyTo, ...JSON.parse(text) };
// `BRK.B` must not become two tokens of the subject: every byte but letters, digits and - is _ and two hex digits.
const token = signal.symbol.replace(/[^A-Za-z0-9-]/g, (character) =>
  [...new TextEncoder().encode(character)]
    .map((byte) => `_${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join(''),
);

// JetStream answers a plain request: the message is stored.
const stored = await nc.request(`signals.in.${token}`, JSON.stringify(signal), { timeout: 5000 });
console.log(JSON.stringify({ stored: stored.json() }));
for await (const message of answers) console.log(JSON.stringify({ answer: message.json() }));
await nc.close();
