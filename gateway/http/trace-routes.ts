import { Readable } from 'node:stream';
import { z } from 'zod';
import { TradewrightError, toFailure } from '../../contracts/errors.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { Trace, TraceList, TraceQuery, TraceRef } from '../../contracts/trace.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { errorResponses } from './responses.ts';

/** What the model was asked and what it answered. */
export function traceRoutes(app: App, ask: Questions, log: Log): void {
  app.get(
    '/v1/traces',
    {
      schema: {
        summary: 'Calls of the model by words, workflow, strategy, model, role and time, newest first',
        querystring: TraceQuery,
        response: { 200: TraceList, ...errorResponses },
      },
    },
    (request) => ask.traces(request.query),
  );

  app.get(
    '/v1/traces/export',
    {
      schema: {
        summary: 'Whole traces, one JSON object a line; `limit` counts for the pages that are read at a time',
        querystring: TraceQuery,
        response: { 200: z.unknown(), ...errorResponses },
      },
    },
    async (request, reply) => {
      // The first page before the headers: what is wrong with the question is answered as an error.
      const first = await ask.tracePage(request.query);
      void reply.header('content-disposition', 'attachment; filename="traces.jsonl"');
      void reply.type('application/x-ndjson');
      return reply.send(Readable.from(exported(ask, request.query, first, log)));
    },
  );

  app.get(
    '/v1/traces/:traceId',
    {
      schema: {
        summary: 'One call of the model: prompt, reasoning, answer, code, what was found, what it cost',
        params: TraceRef,
        response: { 200: Trace, ...errorResponses },
      },
    },
    async (request) => {
      const { traceId } = request.params;
      const trace = await ask.trace(traceId);
      if (trace === null) throw new TradewrightError('NOT_FOUND', `there is no trace ${traceId}`);
      return trace;
    },
  );
}

/** A page at a time, as fast as the client reads. An export that breaks off ends without its last line feed. */
async function* exported(
  ask: Pick<Questions, 'tracePage'>,
  query: TraceQuery,
  first: Awaited<ReturnType<Questions['tracePage']>>,
  log: Log,
): AsyncGenerator<string> {
  let page = first;
  for (;;) {
    for (const trace of page.items) yield `${JSON.stringify(trace)}\n`;
    if (page.cursor === undefined) return;
    try {
      page = await ask.tracePage({ ...query, cursor: page.cursor });
    } catch (error) {
      log.error({ failure: toFailure(error) }, 'an export of traces broke off');
      throw error;
    }
  }
}
