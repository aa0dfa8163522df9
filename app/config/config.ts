import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { knownModels, type ModelEntry, ModelTable } from '../../actors/agent/models.ts';
import { type Lane, lanes } from '../../contracts/lanes.ts';
import { TradewrightError } from '../../contracts/errors.ts';

/** An empty variable counts as one that is not set. */
const unset = (value: unknown): unknown => (value === '' ? undefined : value);
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(unset, schema.optional());
const withDefault = <T extends z.ZodType>(schema: T, value: string) =>
  z.preprocess((raw) => unset(raw) ?? value, schema);
const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().positive();
const usd = z.coerce.number().nonnegative().finite();

const jsonOf = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, context): z.output<T> => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not JSON' });
      return z.NEVER;
    }
  });

/** Every variable that is read, with its default. */
const Environment = z.object({
  /** Journal, NATS store and run file; one process at a time. Default `.tradewright/data`. */
  TRADEWRIGHT_DATA_DIR: optional(z.string()),
  /** Where backups are made. Default: `backups` in the data folder. */
  TRADEWRIGHT_BACKUP_DIR: optional(z.string()),
  /** What set-up fetched or built, shared by all checkouts. Default: the user's cache folder. */
  TRADEWRIGHT_CACHE_DIR: optional(z.string()),
  /** Any OpenAI-compatible endpoint. With neither URL nor key the offline author writes. */
  TRADEWRIGHT_LLM_BASE_URL: optional(z.url({ protocol: /^https?$/ })),
  TRADEWRIGHT_LLM_API_KEY: optional(z.string().max(4_096)),
  TRADEWRIGHT_LLM_MODEL: withDefault(z.string().max(200), 'deepseek-flash'),
  /** A JSON file: model → `{price, maxTokens, requestsPerMinute, concurrency, extraBody}`. Its rows replace built-in ones of the same name. */
  TRADEWRIGHT_LLM_MODELS: optional(z.string()),
  /** JSON: fields added to every request, such as `{"thinking":{"type":"enabled"}}`. */
  TRADEWRIGHT_LLM_EXTRA_BODY: optional(jsonOf(z.record(z.string(), z.unknown()))),
  /** Default: the model's row of the table, else 50. */
  TRADEWRIGHT_LLM_REQUESTS_PER_MINUTE: optional(count),
  /** Answers are kept and given again for the same question; `off` asks every time. */
  TRADEWRIGHT_LLM_CACHE: withDefault(z.enum(['on', 'off']), 'on'),
  /** US dollars that one workflow may cost; no limit unless told. */
  TRADEWRIGHT_LLM_BUDGET_WORKFLOW_USD: optional(usd),
  /** US dollars that all model calls of a day (UTC) may cost; no limit unless told. */
  TRADEWRIGHT_LLM_BUDGET_DAY_USD: optional(usd),
  /** Days after which traces of model calls and cached answers are deleted; 0 keeps them. */
  TRADEWRIGHT_TRACE_DAYS: withDefault(z.coerce.number().int().min(0).max(36_500), '90'),
  TRADEWRIGHT_GATEWAY_HOST: withDefault(z.string(), '127.0.0.1'),
  TRADEWRIGHT_GATEWAY_PORT: withDefault(port, '8790'),
  TRADEWRIGHT_GATEWAY_TOKEN: optional(z.string().min(16)),
  /** Of the embedded server; 0 takes a free one. */
  TRADEWRIGHT_NATS_PORT: withDefault(port, '0'),
  /** How often the embedded server fsyncs: `1s`, or `always` before each acknowledgement. */
  TRADEWRIGHT_NATS_SYNC: withDefault(z.string().regex(/^(always|\d+(ms|s|m))$/), '1s'),
  /** How much the signal stream may hold; when it is full, publishing fails until there is room. Default 512 MiB. */
  TRADEWRIGHT_SIGNAL_STORE_BYTES: optional(count),
  /** Days after which an ended workflow moves to the archive; 0 keeps all of them in the journal. */
  TRADEWRIGHT_RETENTION_DAYS: withDefault(z.coerce.number().int().min(0).max(36_500), '30'),
  /** Workflows that may have something under way at once; more wait in the queue. */
  TRADEWRIGHT_MAX_RUNNING: withDefault(count, '1000'),
  /** The engine's runtime for strategies: runc, crun, runsc (gVisor), …; default the engine's own. */
  TRADEWRIGHT_SANDBOX_RUNTIME: optional(z.string().regex(/^[\w.-]{1,64}$/)),
  /** `kill` ends a program at a system call that no strategy has a use for; `refuse` answers it with an error. */
  TRADEWRIGHT_SECCOMP: withDefault(z.enum(['refuse', 'kill']), 'refuse'),
  /** Tasks at work in this worker at a time. */
  TRADEWRIGHT_QUEUE_CONCURRENCY: withDefault(count.max(10_000), '16'),
  /** How many tasks critical, high, normal and low get of a round under load, as `8:4:2:1`. */
  TRADEWRIGHT_LANE_WEIGHTS: withDefault(
    z
      .string()
      .regex(/^[1-9]\d{0,2}(:[1-9]\d{0,2}){3}$/, 'expected four numbers from 1 to 999, such as 8:4:2:1'),
    '8:4:2:1',
  ),
  TRADEWRIGHT_POOL_MIN: withDefault(count, '2'),
  TRADEWRIGHT_POOL_MAX: withDefault(count, '8'),
  /** Currency that a target position of 1 is worth. */
  TRADEWRIGHT_CAPITAL: withDefault(z.coerce.number().positive(), '100000'),
  /** Folder of the user's own `<SYMBOL>.csv` files. */
  TRADEWRIGHT_BARS_DIR: optional(z.string()),
  /** `on` refuses every signal at the risk gates. */
  TRADEWRIGHT_KILL_SWITCH: withDefault(z.enum(['on', 'off']), 'off'),
  /** `off` is for operators who study attacks: the other five layers still hold. */
  TRADEWRIGHT_VALIDATION: withDefault(z.enum(['on', 'off']), 'on'),
  TRADEWRIGHT_LOG_LEVEL: withDefault(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
  /** An existing server, for `start` only; the demo, tests and benchmarks always use their own. */
  NATS_URL: optional(z.string()),
});

export interface Config {
  readonly dataDir: string;
  readonly backupDir: string;
  readonly cacheDir: string;
  readonly llm:
    | { readonly kind: 'offline' }
    | {
        readonly kind: 'endpoint';
        readonly baseUrl: string;
        readonly apiKey: string;
        readonly model: string;
        /** The model's row of the table of models. */
        readonly entry: ModelEntry;
      };
  /** Undefined: as the table of models says. */
  readonly requestsPerMinute: number | undefined;
  readonly answerCache: boolean;
  /** US dollars; null has no limit. */
  readonly budget: { readonly usdPerWorkflow: number | null; readonly usdPerDay: number | null };
  readonly traceDays: number;
  readonly gateway: { readonly host: string; readonly port: number; readonly token: string | undefined };
  readonly nats: { readonly url: string | undefined; readonly port: number; readonly syncInterval: string };
  readonly signalStoreBytes: number | undefined;
  readonly retentionDays: number;
  readonly mostRunning: number;
  readonly queue: { readonly concurrency: number; readonly weights: Readonly<Record<Lane, number>> };
  readonly pool: { readonly min: number; readonly max: number };
  readonly sandboxRuntime: string | undefined;
  readonly seccompAction: 'refuse' | 'kill';
  readonly capital: number;
  readonly barsDir: string | undefined;
  readonly killSwitch: boolean;
  readonly validation: 'on' | 'off';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** The whole environment, for finding the Docker engine and programs on PATH as the user's shell does. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const weightsOf = (text: string): Readonly<Record<Lane, number>> => {
  const weights = text.split(':').map(Number);
  return Object.fromEntries(lanes.map((lane, at) => [lane, weights[at] ?? 1])) as Record<Lane, number>;
};

const DEEPSEEK_URL = 'https://api.deepseek.com/v1';

/**
 * The one place that reads the environment.
 * @throws CONFIG_INVALID naming the variable and what is wrong with it; never its value.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new TradewrightError('CONFIG_INVALID', `configuration: ${problems.join('; ')}`);
  }
  const env = parsed.data;
  if (env.TRADEWRIGHT_POOL_MAX < env.TRADEWRIGHT_POOL_MIN) {
    throw new TradewrightError(
      'CONFIG_INVALID',
      'configuration: TRADEWRIGHT_POOL_MAX is below TRADEWRIGHT_POOL_MIN',
    );
  }
  const offline = env.TRADEWRIGHT_LLM_BASE_URL === undefined && env.TRADEWRIGHT_LLM_API_KEY === undefined;
  const known = { ...knownModels, ...modelsIn(env.TRADEWRIGHT_LLM_MODELS) }[env.TRADEWRIGHT_LLM_MODEL];
  const extraBody = { ...known?.extraBody, ...env.TRADEWRIGHT_LLM_EXTRA_BODY };
  const entry = { ...known, extraBody };
  const budget = {
    usdPerWorkflow: env.TRADEWRIGHT_LLM_BUDGET_WORKFLOW_USD ?? null,
    usdPerDay: env.TRADEWRIGHT_LLM_BUDGET_DAY_USD ?? null,
  };
  if (!offline && entry.price === undefined && (budget.usdPerDay ?? budget.usdPerWorkflow) !== null) {
    throw new TradewrightError(
      'CONFIG_INVALID',
      `configuration: a budget cannot be kept without a price of ${env.TRADEWRIGHT_LLM_MODEL}: enter one in the file of TRADEWRIGHT_LLM_MODELS`,
    );
  }
  const dataDir = resolve(env.TRADEWRIGHT_DATA_DIR ?? join('.tradewright', 'data'));
  return {
    dataDir,
    backupDir: resolve(env.TRADEWRIGHT_BACKUP_DIR ?? join(dataDir, 'backups')),
    cacheDir: resolve(env.TRADEWRIGHT_CACHE_DIR ?? envPaths('tradewright', { suffix: '' }).cache),
    llm: offline
      ? { kind: 'offline' }
      : {
          kind: 'endpoint',
          baseUrl: env.TRADEWRIGHT_LLM_BASE_URL ?? DEEPSEEK_URL,
          apiKey: env.TRADEWRIGHT_LLM_API_KEY ?? '',
          model: env.TRADEWRIGHT_LLM_MODEL,
          entry,
        },
    requestsPerMinute: env.TRADEWRIGHT_LLM_REQUESTS_PER_MINUTE,
    answerCache: env.TRADEWRIGHT_LLM_CACHE === 'on',
    budget,
    traceDays: env.TRADEWRIGHT_TRACE_DAYS,
    gateway: {
      host: env.TRADEWRIGHT_GATEWAY_HOST,
      port: env.TRADEWRIGHT_GATEWAY_PORT,
      token: env.TRADEWRIGHT_GATEWAY_TOKEN,
    },
    nats: { url: env.NATS_URL, port: env.TRADEWRIGHT_NATS_PORT, syncInterval: env.TRADEWRIGHT_NATS_SYNC },
    signalStoreBytes: env.TRADEWRIGHT_SIGNAL_STORE_BYTES,
    retentionDays: env.TRADEWRIGHT_RETENTION_DAYS,
    mostRunning: env.TRADEWRIGHT_MAX_RUNNING,
    queue: {
      concurrency: env.TRADEWRIGHT_QUEUE_CONCURRENCY,
      weights: weightsOf(env.TRADEWRIGHT_LANE_WEIGHTS),
    },
    pool: { min: env.TRADEWRIGHT_POOL_MIN, max: env.TRADEWRIGHT_POOL_MAX },
    sandboxRuntime: env.TRADEWRIGHT_SANDBOX_RUNTIME,
    seccompAction: env.TRADEWRIGHT_SECCOMP,
    capital: env.TRADEWRIGHT_CAPITAL,
    barsDir: env.TRADEWRIGHT_BARS_DIR,
    killSwitch: env.TRADEWRIGHT_KILL_SWITCH === 'on',
    validation: env.TRADEWRIGHT_VALIDATION,
    logLevel: env.TRADEWRIGHT_LOG_LEVEL,
    environment,
  };
}

/** @throws CONFIG_INVALID naming what of the file does not fit */
function modelsIn(path: string | undefined): ModelTable {
  if (path === undefined) return {};
  const wrong = (why: string): never => {
    throw new TradewrightError('CONFIG_INVALID', `configuration: TRADEWRIGHT_LLM_MODELS: ${path}: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(path), 'utf8'));
  } catch (error) {
    return wrong(error instanceof Error ? error.message : 'cannot be read');
  }
  const parsed = ModelTable.safeParse(value);
  if (parsed.success) return parsed.data;
  return wrong(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
