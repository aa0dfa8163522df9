/**
 * Stable error codes, sorted by what happens next:
 * `terminal`: trying again cannot help; `retryable`: the same call may succeed later; `defect`: a fault of ours.
 * docs/error-codes.md lists each of them; a test holds the two together.
 */
export const errorCodes = {
  ACTOR_STOPPED: { kind: 'retryable', says: 'The actor stopped before it answered.' },
  AGENT_ANSWER_EMPTY: { kind: 'retryable', says: 'The model answered without usable content.' },
  AGENT_AUTH: { kind: 'terminal', says: 'The model endpoint refused the API key (401/403).' },
  AGENT_BAD_REQUEST: {
    kind: 'terminal',
    says: 'The model endpoint refused the request itself (400/404/422).',
  },
  AGENT_BUDGET: {
    kind: 'terminal',
    says: 'The call could cost more than is left of a budget; it was not made.',
  },
  AGENT_CIRCUIT_OPEN: {
    kind: 'retryable',
    says: 'The model endpoint failed again and again; it is given a rest before it is asked again.',
  },
  AGENT_CODE_UNUSABLE: {
    kind: 'terminal',
    says: 'The model wrote no code that passes the validator and runs, in as many attempts as it had.',
  },
  AGENT_PAYMENT: { kind: 'terminal', says: 'The model account has no balance left (402).' },
  AGENT_RATE_LIMITED: { kind: 'retryable', says: 'The model endpoint asked us to slow down (429).' },
  AGENT_REFUSED: {
    kind: 'terminal',
    says: 'The model refused, or its content filter cut the answer.',
  },
  AGENT_STALLED: { kind: 'retryable', says: 'The model stream went silent longer than the idle limit.' },
  AGENT_TRUNCATED: { kind: 'retryable', says: 'The model stopped before its answer was complete.' },
  AGENT_UNAVAILABLE: { kind: 'retryable', says: 'The model endpoint cannot be reached or failed (5xx).' },
  ARTIFACT_MISSING: { kind: 'terminal', says: 'A stored artifact that a step refers to is not there.' },
  ASK_TIMEOUT: { kind: 'retryable', says: 'An actor did not answer in time.' },
  BARS_INVALID: { kind: 'terminal', says: 'The market data breaks its contract.' },
  BARS_NOT_FOUND: { kind: 'terminal', says: 'No bars are known for the symbol.' },
  CANCELLED: { kind: 'terminal', says: 'The work was cancelled.' },
  CONFIG_INVALID: { kind: 'terminal', says: 'The configuration does not parse.' },
  CONTENT_TYPE_UNSUPPORTED: { kind: 'terminal', says: 'The body must be sent as application/json.' },
  DATA_DIR_IN_USE: { kind: 'terminal', says: 'Another process works on this data folder.' },
  DISK_FULL: { kind: 'retryable', says: 'The disk is full; nothing is accepted until space returns.' },
  EFFECT_INTERRUPTED: { kind: 'retryable', says: 'The actor that performed the effect stopped.' },
  ENGINE_MISSING: { kind: 'terminal', says: 'No Docker engine answers.' },
  ENGINE_UNAVAILABLE: { kind: 'retryable', says: 'The Docker engine does not answer at the moment.' },
  EVENTS_OUT_OF_ORDER: { kind: 'retryable', says: 'A commit was not the next one of EVENTS.' },
  FEED_GAP: { kind: 'terminal', says: 'The event feed no longer holds all events asked for.' },
  GATEWAY_UNAVAILABLE: { kind: 'retryable', says: 'The gateway cannot be reached.' },
  HOST_REFUSED: { kind: 'terminal', says: 'The Host header names a host this gateway does not serve.' },
  IMAGE_MISSING: { kind: 'terminal', says: 'The sandbox image is not in the engine.' },
  INPUT_INVALID: { kind: 'terminal', says: 'The input does not match its schema.' },
  INPUT_TOO_LARGE: { kind: 'terminal', says: 'The input is larger than the limit.' },
  INTERNAL: { kind: 'defect', says: 'A fault of ours.' },
  JOURNAL_CORRUPT: {
    kind: 'defect',
    says: 'The journal of one workflow has a gap or a torn record; it is quarantined.',
  },
  JSON_MALFORMED: { kind: 'terminal', says: 'The body is not JSON.' },
  KILL_SWITCH: { kind: 'terminal', says: 'The kill switch is on: no signal goes out.' },
  MAILBOX_FULL: { kind: 'retryable', says: 'The actor has too many messages waiting.' },
  NATS_MISSING: { kind: 'terminal', says: 'No usable nats-server binary was found.' },
  NATS_UNAVAILABLE: { kind: 'retryable', says: 'NATS does not answer.' },
  NATS_UNSUITABLE: {
    kind: 'terminal',
    says: 'The NATS server is older than 2.10 or runs without JetStream.',
  },
  NOT_FOUND: { kind: 'terminal', says: 'There is nothing under this id.' },
  NOT_READY: { kind: 'retryable', says: 'The system is starting or stopping.' },
  ORIGIN_REFUSED: { kind: 'terminal', says: 'Pages of this origin may not use the gateway.' },
  PORT_IN_USE: { kind: 'terminal', says: 'The port is taken by another program.' },
  QUEUE_FULL: { kind: 'retryable', says: 'The queue takes no more at the moment.' },
  RATE_LIMITED: { kind: 'retryable', says: 'The client asks more often than it may.' },
  REPLAY_CAPPED: {
    kind: 'terminal',
    says: 'The dead letter has come back as often as it may; replay it with force.',
  },
  RUNTIME_MISSING: { kind: 'terminal', says: 'The engine has no runtime of the name that was asked for.' },
  SANDBOX_BLOCKED: { kind: 'terminal', says: 'The validator blocked the code before any container saw it.' },
  SANDBOX_INTERNAL: { kind: 'retryable', says: 'The sandbox itself failed; the program is not to blame.' },
  SANDBOX_POOL_CLOSED: { kind: 'retryable', says: 'The sandbox pool is shutting down.' },
  SANDBOX_POOL_FULL: { kind: 'retryable', says: 'The waiting queue of the sandbox pool is full.' },
  SANDBOX_PROGRAM_FAILED: {
    kind: 'terminal',
    says: 'The strategy failed in the sandbox: syntax, import, runtime, memory, time or output.',
  },
  SANDBOX_UNCONFINED: {
    kind: 'terminal',
    says: 'The engine did not put every part of the confinement in force; nothing runs without it.',
  },
  SECCOMP_MISSING: {
    kind: 'terminal',
    says: 'The seccomp profile is missing or not applied; nothing runs without it.',
  },
  SIGNAL_CONFLICT: { kind: 'defect', says: 'Another content is stored under this signal id.' },
  SIGNAL_EXPIRED: { kind: 'terminal', says: 'The signal was valid no more when it was to go out.' },
  SIGNAL_STORE_FULL: { kind: 'retryable', says: 'The signal stream refuses new messages.' },
  STEP_INTERRUPTED_TOO_OFTEN: {
    kind: 'terminal',
    says: 'The worker died again and again while this step ran.',
  },
  STEP_RESULT_INVALID: { kind: 'terminal', says: 'The result of a step does not match its schema.' },
  SLOW_CLIENT: { kind: 'retryable', says: 'The WebSocket client reads more slowly than events come.' },
  STEP_STALLED: { kind: 'retryable', says: 'The step gave no sign of life for longer than its heartbeat.' },
  STEP_TIMEOUT: { kind: 'retryable', says: 'The step ran longer than its time-out.' },
  STORE_CLOSED: { kind: 'retryable', says: 'The store is shutting down.' },
  STRATEGY_NOT_FOUND: { kind: 'terminal', says: 'No active strategy exists for the symbol.' },
  STRATEGY_OUTPUT_INVALID: {
    kind: 'terminal',
    says: 'The positions a strategy returned break its contract.',
  },
  STREAM_INCOMPATIBLE: {
    kind: 'terminal',
    says: 'A stream of another shape is there already; it cannot be changed into ours.',
  },
  SUBSCRIPTION_LIMIT: { kind: 'terminal', says: 'The socket follows as many workflows as it may.' },
  SYMBOL_UNKNOWN: { kind: 'terminal', says: 'The symbol is not one we have market data for.' },
  TASK_ABANDONED: { kind: 'terminal', says: 'Every worker that took the task went away before it was done.' },
  TASK_TIMEOUT: { kind: 'retryable', says: 'The task ran longer than its time-out.' },
  TASK_TYPE_UNKNOWN: { kind: 'terminal', says: 'No worker knows this type of task.' },
  UNAUTHORIZED: { kind: 'terminal', says: 'The request lacks a valid token.' },
  UNDO_FAILED: { kind: 'terminal', says: 'A compensation gave up; a person must undo the step.' },
  WORKFLOW_CONFLICT: { kind: 'retryable', says: 'Another writer appended first.' },
  WORKFLOW_DEADLINE: { kind: 'terminal', says: 'The workflow ran past its deadline.' },
  WORKFLOW_NOT_BEGUN: {
    kind: 'retryable',
    says: 'The workflow is accepted but has not begun; the command waits for it.',
  },
  WORKFLOW_STATE: {
    kind: 'terminal',
    says: 'The workflow does not accept this command in its present state.',
  },
  WORKFLOW_UNKNOWN: { kind: 'terminal', says: 'No such workflow definition or version.' },
} as const satisfies Record<string, { kind: ErrorKind; says: string }>;

export type ErrorKind = 'terminal' | 'retryable' | 'defect';
export type ErrorCode = keyof typeof errorCodes;

/** The serialisable form of an error, as it is journaled and sent. */
export interface Failure {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export class TradewrightError extends Error {
  override readonly name = 'TradewrightError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** @param message says what is wrong and where; it never holds a secret. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = errorCodes[code].kind;
    this.details = options.details;
  }
}

/** Any thrown value as a `Failure`; what is not ours is a defect, with its message kept. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof TradewrightError) {
    const { code, kind, message, details } = thrown;
    return details === undefined ? { code, kind, message } : { code, kind, message, details };
  }
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { code: 'INTERNAL', kind: 'defect', message };
}

/** A failure that crossed a boundary as data, as an error again; a code unknown here becomes INTERNAL, named in the message. */
export function fromFailure({ code, message, details }: Failure): TradewrightError {
  const options = details === undefined ? {} : { details: { ...details } };
  return isErrorCode(code)
    ? new TradewrightError(code, message, options)
    : new TradewrightError('INTERNAL', `${code}: ${message}`, options);
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code);

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new TradewrightError('INTERNAL', `unexpected value ${JSON.stringify(value)}`);
}
