import type { ErrorCode } from "@keywire/shared";

/**
 * What went wrong, for programs. Beside the gateway's own codes:
 *
 * - `offset_jump`: messages of a channel are missing; the client asks for them again
 * - `offset_repeated`: a message came twice; the second one is dropped
 * - `gap_missing`: a channel could not be resumed and the gateway did not say what is missing;
 *   the client shows a gap of its own
 * - `token_failed`: the application's `token()` threw, or gave nothing in time
 * - `bad_message`: the gateway sent something that is not the protocol; the client reconnects
 */
export type KeywireErrorCode =
  | ErrorCode
  | "offset_jump"
  | "offset_repeated"
  | "gap_missing"
  | "token_failed"
  | "bad_message";

/** Every error that the client reports: a stable code, and a sentence with the remedy. */
export class KeywireError extends Error {
  override readonly name = "KeywireError";
  readonly code: KeywireErrorCode;
  /** The channel it happened to; undefined where it is the connection's. */
  readonly channel: string | undefined;

  constructor(code: KeywireErrorCode, message: string, channel?: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.channel = channel;
  }
}

/** Where errors go that nobody listens for: to the page's own handler, so that none is swallowed. */
export function reportUnheard(error: unknown): void {
  (globalThis.reportError ?? console.error)(error);
}
