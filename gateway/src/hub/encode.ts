import { base64Encode, type GapReason, utf8Decode } from "@keywire/shared";
import type { Encoded } from "./batch.js";
import type { Notification } from "./ports.js";

/** Distinct event names kept as JSON; Redis has about a hundred, modules may add any number. */
const MAX_EVENT_NAMES = 1_000;
const eventNames = new Map<string, string>();

/** What goes before and behind the offset of a channel's messages: the same for all of them. */
export interface Heads {
  readonly event: string;
  readonly gap: string;
}

export function headsOf(channel: string): Heads {
  const name = JSON.stringify(channel);
  return {
    event: `{"type":"event","channel":${name},"offset":`,
    gap: `{"type":"gap","channel":${name},"offset":`,
  };
}

/** @param hasFields whether the channel asked for the fields that changed */
export function encodeEvent(
  heads: Heads,
  offset: number,
  notification: Notification,
  hasFields: boolean,
): Encoded {
  const { event, key, db, receivedAt, fields } = notification;
  const changed = hasFields && fields !== undefined ? `,"fields":${encodeFields(fields)}` : "";
  const text =
    `${heads.event}${offset},"event":${encodeName(event)},${encodeKey(key)},` +
    `"db":${db},"time":${receivedAt}${changed}}`;
  return { offset, text, from: receivedAt, to: receivedAt };
}

export interface GapParts {
  readonly reason: GapReason;
  readonly from: number;
  readonly to: number;
  /** In gaps of one client: how many messages it stands for, null where nobody knows. */
  readonly missed?: number | null;
}

export function encodeGap(heads: Heads, offset: number, gap: GapParts): Encoded {
  const { reason, from, to, missed } = gap;
  const stands = missed === undefined ? "" : `,"missed":${missed}`;
  const text = `${heads.gap}${offset},"reason":"${reason}","from":${from},"to":${to}${stands}}`;
  return { offset, text, from, to };
}

/** `"key":"..."`, or for bytes that are not UTF-8 `"key":null,"key_raw":"<base64>"`. */
export function encodeKey(key: Uint8Array): string {
  const text = utf8Decode(key);
  if (text !== null) return `"key":${JSON.stringify(text)}`;
  return `"key":null,"key_raw":"${base64Encode(key)}"`;
}

/** Field names are text in the protocol; one that is not UTF-8 is shown with replacement marks. */
function encodeFields(fields: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return JSON.stringify(fields.map((field) => decoder.decode(field)));
}

function encodeName(event: string): string {
  const known = eventNames.get(event);
  if (known !== undefined) return known;
  const encoded = JSON.stringify(event);
  if (eventNames.size < MAX_EVENT_NAMES) eventNames.set(event, encoded);
  return encoded;
}
