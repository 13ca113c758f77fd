import { errorReply } from "../../commands/reply.js";

/**
 * The reply, or an error in its stead where it is too large.
 *
 * @param transfer bytes that a library may be handed at once
 */
export function boundedReply(reply: Uint8Array, transfer: number): Uint8Array {
  if (reply.length <= transfer) return reply;
  return errorReply(
    `the reply has ${reply.length} bytes; a library may be handed ${transfer} at once`,
  );
}
