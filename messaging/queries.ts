import { errors, type Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import { type Failure, fromFailure, toFailure, TradewrightError } from '../contracts/errors.ts';
import { Failure as FailureShape } from '../contracts/envelope.ts';
import type { Queries } from '../contracts/ports/messaging.ts';
import type { NatsLink } from './connection.ts';
import { unavailable } from './nats-errors.ts';
import { parseOutsideJson } from './outside-json.ts';

const QUESTION_LIMIT_BYTES = 64 * 1024;
const ANSWER_LIMIT_BYTES = 1024 * 1024;
/** Questions at work at once per subject; more are refused, the asker may come again. */
const MAX_CONCURRENT = 64;

const Answer = z.union([z.object({ error: FailureShape }), z.object({ result: z.unknown() })]);

/** Questions travel as JSON, answers as `{result}` or `{error: Failure}`. Responders of one subject share the questions. */
export function queries(link: NatsLink): Queries {
  return {
    async ask(subject, question, timeoutMs) {
      const reply = await request(link, subject, JSON.stringify(question ?? null), timeoutMs);
      const answer = Answer.parse(parseOutsideJson(reply.data, ANSWER_LIMIT_BYTES));
      if ('error' in answer) throw fromFailure(answer.error);
      return answer.result;
    },
    answer(subject, handler) {
      let atWork = 0;
      const serve = async (message: Msg): Promise<void> => {
        if (atWork >= MAX_CONCURRENT) {
          return respond(message, {
            error: toFailure(new TradewrightError('NOT_READY', 'too many questions')),
          });
        }
        atWork++;
        try {
          const question = parseOutsideJson(message.data, QUESTION_LIMIT_BYTES);
          respond(message, { result: (await handler(question)) ?? null });
        } catch (error) {
          respond(message, { error: toFailure(error) });
        } finally {
          atWork--;
        }
      };
      const subscription = link.nc.subscribe(subject, {
        queue: 'responders',
        callback: (error, message) => {
          if (error) link.log.warn({ subject, error: error.message }, 'questions cannot be read');
          else
            serve(message).catch((failed: unknown) =>
              link.log.warn({ subject, error: toFailure(failed) }, 'a question could not be answered'),
            );
        },
      });
      return () => subscription.unsubscribe();
    },
  };
}

async function request(link: NatsLink, subject: string, text: string, timeoutMs: number): Promise<Msg> {
  await link.ready(timeoutMs);
  try {
    return await link.nc.request(subject, text, { timeout: timeoutMs });
  } catch (error) {
    if (error instanceof errors.InvalidArgumentError) {
      throw new TradewrightError('INPUT_TOO_LARGE', `the question on ${subject} is too large`, {
        cause: error,
      });
    }
    throw unavailable(`nobody answers on ${subject}`, error);
  }
}

function respond(message: Msg, answer: { result: unknown } | { error: Failure }): void {
  message.respond(JSON.stringify(answer));
}
