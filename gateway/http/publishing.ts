import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Stored, TaskProducer } from '../../contracts/ports/messaging.ts';
import type { Task } from '../../contracts/task.ts';

/**
 * Publishes and waits until the task is stored, but not longer than `withinMs`.
 * @throws QUEUE_FULL, NATS_UNAVAILABLE; after the latter the task may be stored all the same, and posting again with the
 * same idempotency key is safe.
 */
export function publishWithin(
  clock: Clock,
  withinMs: number,
  tasks: TaskProducer,
  task: Task,
): Promise<Stored> {
  return new Promise((resolve, reject) => {
    const disarm = clock.schedule(withinMs, () =>
      reject(new TradewrightError('NATS_UNAVAILABLE', `the task was not stored within ${withinMs} ms`)),
    );
    tasks.publish(task).then(resolve, reject).finally(disarm);
  });
}
