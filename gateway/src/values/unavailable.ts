import { WireError } from "@keywire/shared";

/** What Redis says of a database that it does not have; clusters have one alone. */
const NO_DATABASE = /^ERR (?:DB index|invalid DB index|SELECT is not allowed)/i;

/** What a client is told when Redis could not be asked. */
export function asUnavailable(error: unknown): WireError {
  if (error instanceof WireError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (NO_DATABASE.test(message)) {
    // It would be as wrong the next time.
    const sentence = `this Redis has no such database: ${message}`;
    return new WireError("bad_request", sentence, { cause: error });
  }
  return new WireError("unavailable", `Redis cannot be asked just now: ${message}`, {
    cause: error,
  });
}
