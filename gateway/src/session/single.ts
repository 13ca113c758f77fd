import type { GatewayMessage } from "@keywire/shared";
import type { MemberGap, Single } from "./ports.js";

/** A message as it is sent: text, with what transports need to know of it. */
export function single(message: GatewayMessage, epoch?: string): Single {
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  const { type } = message;
  switch (message.type) {
    case "subscribed": {
      const { channel, offset } = message;
      return { type, text, bytes, channel, cursor: { epoch: message.epoch, offset } };
    }
    case "event":
    case "gap":
    case "snapshot": {
      const { channel, offset } = message;
      return {
        type,
        text,
        bytes,
        channel,
        cursor: epoch === undefined ? undefined : { epoch, offset },
      };
    }
    case "unsubscribed":
      return { type, text, bytes, channel: message.channel };
    default:
      return { type, text, bytes };
  }
}

/** A gap of one client alone, which may be dropped into another one. */
export function gapMessage(channel: string, epoch: string, gap: MemberGap): Single {
  const { offset, reason, from, to, missed } = gap;
  return { ...single({ type: "gap", channel, offset, reason, from, to, missed }, epoch), gap };
}
