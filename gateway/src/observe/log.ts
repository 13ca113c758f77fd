import pino, { type DestinationStream } from "pino";
import { redact } from "./redact.js";
import { textLine } from "./text-lines.js";

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** What goes with a message: `{ node: "127.0.0.1:7000" }`; `error` takes an Error. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the gateway says what happened. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object per line, for machines; `text`: short lines, for people. */
  readonly format: "json" | "text";
  /** stdout by default. */
  readonly stream?: DestinationStream;
  /** Whether text is coloured; not by default. */
  readonly color?: boolean;
  /** Named in each line, where several processes write to one log. */
  readonly worker?: number | undefined;
}

/** Fields that hold secrets, at the top and one level down. */
const SECRET_FIELDS = ["token", "authorization", "cookie", "password", "secret", "jwtSecret"];

/**
 * What is told of an error. What else libraries hang on theirs is not: of a Redis command that failed
 * the arguments, which for the first one of a connection are the password.
 */
function errorFields(error: unknown): unknown {
  // What is no error, null for one, comes back as it is.
  const { type, message, stack } = Object(pino.stdSerializers.err(error as Error));
  if (message === undefined) return error;
  const { code, command, errors } = Object(error) as Record<string, unknown>;
  const name: unknown = Object(command)["name"];
  return {
    ...{ type, message, stack },
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof name === "string" ? { command: name } : {}),
    ...(Array.isArray(errors) ? { aggregateErrors: errors.map(errorFields) } : {}),
  };
}

/** A log without tokens and passwords in it, wherever they came from. */
export function createLog(options: LogOptions): Log {
  const { level, format, stream, color = false, worker } = options;
  const out = stream ?? pino.destination(1);
  const logger = pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      serializers: { error: errorFields },
      redact: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]),
      ...(format === "json"
        ? { formatters: { level: (label: string) => ({ level: label }) } }
        : {}),
    },
    {
      write: (line: string) => out.write(redact(format === "json" ? line : textLine(line, color))),
    },
  );
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
