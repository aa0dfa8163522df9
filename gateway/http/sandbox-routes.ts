import { CodeReview } from '../../contracts/code-review.ts';
import { PostReview, PostRun, ProgramRun, ProgramRunLine } from '../../contracts/sandbox-api.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { errorResponses } from './responses.ts';
import { streamRun } from './stream-run.ts';

const lineByLine = 'application/x-ndjson';

/** Programs without a workflow around them. */
export function sandboxRoutes(app: App, context: GatewayContext, ask: Questions): void {
  app.post(
    '/v1/sandbox/review',
    {
      schema: {
        summary:
          'What the validator says of a program: its risk, and each finding with line, points and advice. Runs nothing',
        body: PostReview,
        response: { 200: CodeReview, ...errorResponses },
      },
    },
    (request) => ask.review(request.body),
  );

  app.post(
    '/v1/sandbox/run',
    {
      schema: {
        summary:
          'Review a program and run it once in a warm container of its own; a blocked one reaches no container',
        description:
          `With "Accept: ${lineByLine}" the answer is a JSON object a line: what the program prints, as it prints it and no more ` +
          'than is kept of it, and last, once, the result (type "result") or why there is none (type "error"). ' +
          'When the client closes the connection, the program is ended.',
        body: PostRun,
        response: {
          200: {
            description: 'How it ended; or, line by line, what it prints and then how it ended',
            content: {
              'application/json': { schema: ProgramRun },
              [lineByLine]: { schema: ProgramRunLine },
            },
          },
          ...errorResponses,
        },
      },
    },
    async (request, reply) =>
      wantsLines(request.headers.accept)
        ? streamRun(request.body, reply, ask, context)
        : ask.run(request.body),
  );
}

function wantsLines(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === lineByLine);
}
