import { base64Encode, utf8Decode } from "@keywire/shared";
import type { Reply } from "./engine/ports.js";

/** A function's answer as JSON has it: integers beyond 2^53 as text, bytes that are no text as `{"base64"}`. */
export function replyToJson(reply: Reply): unknown {
  if (reply === undefined || reply === null) return null;
  switch (typeof reply) {
    case "bigint": {
      const number = Number(reply);
      return Number.isSafeInteger(number) ? number : String(reply);
    }
    case "number":
      return Number.isFinite(reply) ? reply : String(reply);
    case "object":
      return compoundToJson(reply);
    default:
      return reply;
  }
}

function compoundToJson(reply: Extract<Reply, object>): unknown {
  if (reply instanceof Uint8Array) return utf8Decode(reply) ?? { base64: base64Encode(reply) };
  if (reply instanceof Map) {
    return Object.fromEntries([...reply].map(([name, value]) => [name, replyToJson(value)]));
  }
  return [...(reply as Iterable<Reply>)].map(replyToJson);
}
