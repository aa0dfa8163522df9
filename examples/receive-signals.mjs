// Receives trade signals with nothing but a NATS client.
//
//   node examples/receive-signals.mjs [nats://127.0.0.1:4222] [--until-stdin-closes]
//
// Prints one JSON line per message, {subject, signal}, and when it is asked to end (Ctrl-C, SIGTERM, or with
// --until-stdin-closes the end of its input) one last line with what it counted: {received, byWorkflow}.
import { connect } from '@nats-io/transport-node';

const [url = 'nats://127.0.0.1:4222', ...flags] = process.argv.slice(2);
const nc = await connect({
  servers: url,
  name: 'receive-signals example',
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
});

const byWorkflow = {};
let received = 0;
const subscription = nc.subscribe('signals.out.>', {
  callback: (error, message) => {
    if (error) return console.error(error.message);
    const signal = message.json();
    received += 1;
    byWorkflow[signal.workflowId] = (byWorkflow[signal.workflowId] ?? 0) + 1;
    console.log(JSON.stringify({ subject: message.subject, signal }));
  },
});
await nc.flush();
console.log(JSON.stringify({ listening: subscription.getSubject() }));

let ending = false;
async function end() {
  if (ending) return;
  ending = true;
  await nc.drain();
  console.log(JSON.stringify({ received, byWorkflow }));
}
process.once('SIGTERM', end);
process.once('SIGINT', end);
if (flags.includes('--until-stdin-closes')) process.stdin.once('end', end).resume();
