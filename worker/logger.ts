import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';

/** Keys whose values never reach a log, wherever they stand. */
const SECRET_KEYS = ['password', 'secret', 'token', 'authorization', 'apiKey', 'credentialFile'];

export type Logger = pino.Logger;

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** A file, or standard error. */
  readonly file: string | null;
}

/** Structured logs, one JSON object a line. */
export function createLogger(options: LogOptions): Logger {
  const paths = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]);
  // An error's message and stack are no fields of its own: without this the line would say `{}`.
  const serializers = { err: pino.stdSerializers.err, error: pino.stdSerializers.err };
  return pino(
    { level: options.level, base: null, redact: { paths, censor: '[redacted]' }, serializers },
    pino.destination({ dest: options.file ?? 2, mkdir: true, sync: false }),
  );
}

/** Sends the SDK's own lines to the same place. Once a process, before any connection. */
export function installRuntime(logger: Logger): void {
  const sdk = new DefaultLogger('WARN', ({ level, message, meta }) => {
    const fields = { sdk: true, ...meta };
    if (level === 'ERROR') logger.error(fields, message);
    else if (level === 'WARN') logger.warn(fields, message);
    else logger.debug(fields, message);
  });
  // Without `forward` the native half writes its own lines to standard error, across whatever a terminal shows.
  const logging = { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } as const;
  Runtime.install({ logger: sdk, telemetryOptions: { logging }, shutdownSignals: [] });
}
