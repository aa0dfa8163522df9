import { z } from 'zod';
import type { WorkflowId } from '../../contracts/ids.ts';
import { SignalOut } from '../../contracts/signal.ts';
import { LineProcess } from './line-process.ts';
import type { Print } from './terminal.ts';

const Received = z.object({ subject: z.string(), signal: SignalOut });
const Counted = z.object({ received: z.number(), byWorkflow: z.record(z.string(), z.number()) });

/** The separate process that listens on `signals.out.>` with a plain NATS client, prints what it gets and counts it. */
export class Receiver {
  readonly #process: LineProcess;
  #byWorkflow: Readonly<Record<string, number>> = {};

  constructor(natsUrl: string, print: Print) {
    this.#process = new LineProcess('receive-signals.mjs', [natsUrl, '--until-stdin-closes'], (line) => {
      const received = Received.safeParse(line);
      if (!received.success) return;
      const { subject, signal } = received.data;
      const { barTime, action, targetPosition, priceReference, mode } = signal;
      print(
        `    ⇢ ${subject.split('.').slice(0, 3).join('.')}… ${barTime.slice(0, 10)} ${action.padEnd(7)} ` +
          `target ${targetPosition.toFixed(2)} at ${priceReference.toFixed(2)} (${mode})`,
      );
    });
  }

  async listening(): Promise<void> {
    await this.#process.line((line) =>
      typeof line === 'object' && line !== null && 'listening' in line ? true : undefined,
    );
  }

  /** Ends it and takes its own count. */
  async finish(): Promise<void> {
    await this.#process.end();
    const { byWorkflow } = await this.#process.line((line) => Counted.safeParse(line).data);
    this.#byWorkflow = byWorkflow;
  }

  countOf(workflowId: WorkflowId): number {
    return this.#byWorkflow[workflowId] ?? 0;
  }
}
