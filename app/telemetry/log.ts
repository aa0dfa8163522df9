import { pino, type Logger, destination } from 'pino';
import type { Log } from '../../contracts/ports/log.ts';

/** Fields that may hold secrets are blanked wherever they turn up. */
const redact = {
  paths: [
    'apiKey',
    'token',
    'authorization',
    '*.apiKey',
    '*.token',
    '*.authorization',
    'headers.authorization',
  ],
  censor: '[redacted]',
};

/** One JSON object a line, to a file or to stderr (2). Written at once: a killed process loses none of its lines. */
export function openLog(options: {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly to: string | 2;
}): Log {
  const stream = destination({ dest: options.to, sync: true, mkdir: true, mode: 0o600 });
  return adapted(pino({ level: options.level, redact, base: { pid: process.pid } }, stream));
}

function adapted(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (bindings) => adapted(logger.child(bindings)),
  };
}
