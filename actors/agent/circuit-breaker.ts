import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';

export interface BreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open the first time; each failed probe doubles it, up to `longestOpenMs`. */
  readonly openMs: number;
  readonly longestOpenMs: number;
  readonly onChange?: (state: BreakerState) => void;
}

export interface BreakerState {
  readonly state: 'closed' | 'open' | 'half-open';
  /** In a row. */
  readonly failures: number;
  /** When a probe may go, milliseconds since the epoch; null while it is closed. */
  readonly probeAt: number | null;
}

/** What came of a call, as far as it tells of the endpoint's health. */
export type Health = 'well' | 'ill' | 'unknown';

/** Stops asking an endpoint that fails again and again. After a rest one call, the probe, finds out whether it is back. */
export interface CircuitBreaker {
  /** @throws AGENT_CIRCUIT_OPEN with `retryAfterMs` */
  assertMayCall(): void;
  /** The call begins; tell once how it ended. @throws AGENT_CIRCUIT_OPEN */
  begin(): (health: Health) => void;
  state(): BreakerState;
}

/** A probe that is under way: who comes meanwhile may look again soon. */
const PROBE_POLL_MS = 1_000;

export function createCircuitBreaker(options: BreakerOptions): CircuitBreaker {
  const { clock, onChange = () => undefined } = options;
  let failures = 0;
  let openUntil: number | undefined;
  let openMs = options.openMs;
  let probing = false;

  const state = (): BreakerState => ({
    state: openUntil === undefined ? 'closed' : probing || clock.now() >= openUntil ? 'half-open' : 'open',
    failures,
    probeAt: openUntil ?? null,
  });

  function assertMayCall(): void {
    if (openUntil === undefined) return;
    const left = openUntil - clock.now();
    if (left <= 0 && !probing) return;
    const retryAfterMs = Math.max(Math.ceil(left), PROBE_POLL_MS);
    throw new TradewrightError(
      'AGENT_CIRCUIT_OPEN',
      `the model endpoint failed ${failures} times in a row; it is asked again in ${Math.ceil(retryAfterMs / 1_000)} s`,
      { details: { retryAfterMs, failures } },
    );
  }

  function settle(probe: boolean, health: Health): void {
    if (probe) probing = false;
    if (health === 'unknown') return;
    if (health === 'well') {
      failures = 0;
      openMs = options.openMs;
      if (openUntil === undefined) return;
      openUntil = undefined;
      return onChange(state());
    }
    failures += 1;
    if (probe) openMs = Math.min(openMs * 2, options.longestOpenMs);
    // Calls that were under way when it opened say nothing new.
    if (probe || (openUntil === undefined && failures >= options.failures)) {
      openUntil = clock.now() + openMs;
      onChange(state());
    }
  }

  return {
    assertMayCall,
    begin() {
      assertMayCall();
      const probe = openUntil !== undefined;
      if (probe) {
        probing = true;
        onChange(state());
      }
      let told = false;
      return (health) => {
        if (told) return;
        told = true;
        settle(probe, health);
      };
    },
    state,
  };
}
