import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { TraceStore } from '../../contracts/ports/traces.ts';

/** US dollars; null has no limit. A day is one of UTC. */
export interface BudgetLimits {
  readonly usdPerWorkflow: number | null;
  readonly usdPerDay: number | null;
}

export interface Budget {
  /**
   * Sets the most that a call can cost aside; the result settles it with what it did cost.
   * @throws AGENT_BUDGET when more than that might be spent; nothing is then set aside
   */
  hold(workflowId: WorkflowId, mostUsd: number): Promise<(actualUsd: number) => void>;
  today(): Promise<{ readonly day: string; readonly spentUsd: number }>;
}

const DAY_MS = 86_400_000;
/** Workflows whose sums stay in memory; the others are added up again from the traces. */
const REMEMBERED = 10_000;

/** Sums of money in whole nano-dollars: a thousand additions of a few thousandths of a cent stay exact. */
const nano = (usd: number): number => Math.round(usd * 1e9);
const shown = (nanoUsd: number): string => `$${(nanoUsd / 1e9).toFixed(4)}`;

/** Stops before a limit is exceeded: what is spent, what is set aside and what might come together stay within it. */
export function createBudget(options: {
  readonly limits: BudgetLimits;
  readonly traces: Pick<TraceStore, 'spentByWorkflow' | 'spentBetween'>;
  readonly clock: Clock;
}): Budget {
  const { limits, traces, clock } = options;
  /** Spent and set aside, by workflow, the least recently used first. */
  const byWorkflow = new Map<WorkflowId, number>();
  const underWay = new Map<WorkflowId, number>();
  let day = -1;
  let dayNano = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function ofDay(): Promise<number> {
    const now = Math.floor(clock.now() / DAY_MS);
    if (now !== day) {
      dayNano = nano(await traces.spentBetween(now * DAY_MS, (now + 1) * DAY_MS));
      day = now;
    }
    return dayNano;
  }

  async function ofWorkflow(workflowId: WorkflowId): Promise<number> {
    const known = byWorkflow.get(workflowId) ?? nano(await traces.spentByWorkflow(workflowId));
    byWorkflow.delete(workflowId);
    byWorkflow.set(workflowId, known);
    for (const id of byWorkflow.keys()) {
      if (byWorkflow.size <= REMEMBERED) break;
      if (!underWay.has(id) && id !== workflowId) byWorkflow.delete(id);
      else break;
    }
    return known;
  }

  function refuse(what: string, limitUsd: number, spent: number, most: number): never {
    throw new TradewrightError(
      'AGENT_BUDGET',
      `${what} has a budget of ${shown(nano(limitUsd))}, ${shown(spent)} of it is spent or set aside, and the next call may cost ${shown(most)}: it is not made`,
      { details: { limitUsd, spentUsd: spent / 1e9, mostUsd: most / 1e9 } },
    );
  }

  /** One after another: what one of them sets aside counts for the next. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  return {
    hold: (workflowId, mostUsd) =>
      inTurn(async () => {
        const most = nano(mostUsd);
        const spentOfDay = await ofDay();
        const spent = await ofWorkflow(workflowId);
        const { usdPerWorkflow, usdPerDay } = limits;
        if (usdPerWorkflow !== null && spent + most > nano(usdPerWorkflow)) {
          refuse(`workflow ${workflowId}`, usdPerWorkflow, spent, most);
        }
        if (usdPerDay !== null && spentOfDay + most > nano(usdPerDay)) {
          refuse('this day (UTC)', usdPerDay, spentOfDay, most);
        }
        const heldOn = day;
        const add = (by: number): void => {
          if (heldOn === day) dayNano += by;
          byWorkflow.set(workflowId, (byWorkflow.get(workflowId) ?? 0) + by);
        };
        add(most);
        underWay.set(workflowId, (underWay.get(workflowId) ?? 0) + 1);
        let settled = false;
        return (actualUsd) => {
          if (settled) return;
          settled = true;
          add(nano(actualUsd) - most);
          const left = (underWay.get(workflowId) ?? 1) - 1;
          if (left === 0) underWay.delete(workflowId);
          else underWay.set(workflowId, left);
        };
      }),
    today: () =>
      inTurn(async () => {
        const spent = await ofDay();
        return { day: new Date(day * DAY_MS).toISOString().slice(0, 10), spentUsd: spent / 1e9 };
      }),
  };
}
