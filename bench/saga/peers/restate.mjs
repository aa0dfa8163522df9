// Restate: four ctx.run steps in a service. Arguments: port of this service, address of the ingress, of the admin API, file of the recorder.
// Node 20 has no Promise.withResolvers, which the SDK calls.
Promise.withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};
const restate = await import('@restatedev/restate-sdk');
const { serve, loaded } = await import('../../harness/serve.mjs');
const { recorder, steps } = await import('../effect.mjs');

const [port, ingress, admin, file] = process.argv.slice(2);
const record = recorder(file);

const four = restate.service({
  name: 'four',
  handlers: {
    quick: async (ctx) => {
      for (const name of steps) await ctx.run(name, async () => ({ ok: true }));
      return { ok: true };
    },
    recorded: async (ctx, { id }) => {
      for (const name of steps) await ctx.run(name, () => record(`${id} ${name}`));
      return { ok: true };
    },
  },
});
await restate.endpoint().bind(four).listen(Number(port));

const post = async (url, body) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};
await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${port}`, force: true });

serve({
  run: async ({ n, concurrency }) => {
    const began = performance.now();
    const latencies = await loaded(n, concurrency, () => post(`${ingress}/four/quick`, {}));
    return { seconds: (performance.now() - began) / 1000, latencies };
  },
  flight: async ({ n, tag }) => {
    const starting = Array.from({ length: n }, (_, index) =>
      post(`${ingress}/four/recorded/send`, { id: `${tag}-${index}` }),
    );
    await Promise.all(starting);
    return {};
  },
});
