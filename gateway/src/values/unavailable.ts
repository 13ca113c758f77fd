import { WireError } from "@keywire/shared";

/** What a client is told when Redis could not be asked. */
export function asUnavailable(error: unknown): WireError {
  if (error instanceof WireError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WireError("unavailable", `Redis cannot be asked just now: ${message}`, {
    cause: error,
  });
}
