import type { GatewayMessage, SnapshotMessage, SubscribedMessage } from "@keywire/shared";
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

/**
 * A snapshot behind a gap of one client alone. Where it is dropped nothing is missing that the gap
 * does not stand for, but the client needs another one.
 */
export function snapshotMessage(message: SnapshotMessage, epoch: string, at: number): Single {
  return { ...single(message, epoch), gap: nothingMissed(message.offset, at) };
}

/**
 * An answer with keys: they may be dropped as a snapshot may, and the answer stays. That leaves the client
 * nowhere: who loses the connection ahead of the gap has to begin anew.
 */
export function answerWithKeys(message: SubscribedMessage, at: number): Single {
  const { snapshot: _, truncated: __, ...rest } = message;
  const bare = { ...single(rest), cursor: undefined };
  return { ...single(message), gap: nothingMissed(message.offset, at), bare };
}

function nothingMissed(offset: number, at: number): MemberGap {
  return { reason: "slow_consumer", missed: 0, offset, from: at, to: at };
}
