import { CodeReview } from '../../contracts/code-review.ts';
import { PostReview, PostRun, ProgramRun } from '../../contracts/sandbox-api.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { errorResponses } from './responses.ts';

/** Programs without a workflow around them. */
export function sandboxRoutes(app: App, ask: Questions): void {
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
        body: PostRun,
        response: { 200: ProgramRun, ...errorResponses },
      },
    },
    (request) => ask.run(request.body),
  );
}
