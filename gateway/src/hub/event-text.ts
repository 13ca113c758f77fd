import { base64Encode, utf8Decode } from "@keywire/shared";
import type { KeyState, Notification } from "./ports.js";
import { utf8Length } from "./utf8.js";

/** What a channel adds its own name and offset to. */
export interface EventTail {
  /** `"event":"set","key":"order:42","db":0,"time":1780000000123}` */
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly bytes: number;
}

/** Keys under it are the gateway's own, and no client's business. */
const OWN_KEYS = Uint8Array.from("{keywire}:", (character) => character.charCodeAt(0));

/**
 * Encodes what is the same for all channels that a notification concerns. The source tells them one
 * after the other of the same notification object, so remembering the newest is enough.
 */
export class EventTexts {
  readonly #received: (notification: Notification) => void;
  #newest: Notification | undefined;
  #isShown = false;
  #tail: EventTail | undefined;

  /** @param received called once per notification that may be shown */
  constructor(received: (notification: Notification) => void) {
    this.#received = received;
  }

  /** Takes note of a notification, whether a channel tells it or not; false where nobody may see it. */
  see(notification: Notification): boolean {
    if (notification === this.#newest) return this.#isShown;
    this.#newest = notification;
    this.#tail = undefined;
    this.#isShown = !isOwnKey(notification.key);
    if (this.#isShown) this.#received(notification);
    return this.#isShown;
  }

  /** The tail of the message of a notification that was seen last. */
  tailOf(notification: Notification): EventTail {
    if (notification !== this.#newest) return encode(notification);
    this.#tail ??= encode(notification);
    return this.#tail;
  }
}

/** A tail that says what the key holds, and how many events the message stands for. */
export function withState(tail: EventTail, state: KeyState, merged: number): EventTail {
  const ttl = state.ttl === undefined ? "" : `,"ttl":${state.ttl}`;
  const count = merged > 1 ? `,"merged":${merged}` : "";
  const more = `,"value":${valueText(state)}${ttl}${count}}`;
  return { text: tail.text.slice(0, -1) + more, bytes: tail.bytes - 1 + utf8Length(more) };
}

/** Values as JSON: a state is read once for all channels, and encoded once. */
const texts = new WeakMap<KeyState, string>();

function valueText(state: KeyState): string {
  const known = texts.get(state);
  if (known !== undefined) return known;
  const text = JSON.stringify(state.value);
  texts.set(state, text);
  return text;
}

function encode({ event, key, db, receivedAt, origin }: Notification): EventTail {
  const name = JSON.stringify(event);
  const source = origin === undefined ? "" : `,"origin":${JSON.stringify(origin)}`;
  const text = `"event":${name},"key":${keyText(key)},"db":${db},"time":${receivedAt}${source}}`;
  return { text, bytes: utf8Length(text) };
}

function keyText(key: Uint8Array): string {
  const text = utf8Decode(key);
  return text === null ? `null,"key_raw":"${base64Encode(key)}"` : JSON.stringify(text);
}

function isOwnKey(key: Uint8Array): boolean {
  // All but very few keys differ in the first byte.
  if (key[0] !== OWN_KEYS[0] || key.length < OWN_KEYS.length) return false;
  return OWN_KEYS.every((byte, index) => key[index] === byte);
}
