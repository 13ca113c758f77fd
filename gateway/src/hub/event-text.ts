import { base64Encode, utf8Decode } from "@keywire/shared";
import type { KeyState, Notification } from "./ports.js";
import { isPlain, utf8Length } from "./utf8.js";

/** What a channel adds its own name and offset to. */
export interface EventTail {
  /** `,"event":"set","key":"order:42","db":0,"time":1780000000123}` */
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly bytes: number;
}

/** Redis has some thirty; modules may have more. */
const MAX_EVENT_NAMES = 256;
/** Characters of one that is worth keeping. */
const MAX_EVENT_NAME = 64;

/** Keys under it are the gateway's own, and no client's business. */
const OWN_KEYS = "{keywire}:";

/**
 * Encodes what is the same for all channels that a notification concerns. The source tells them one
 * after the other of the same notification object, so remembering the newest is enough.
 */
export class EventTexts {
  readonly #received: (notification: Notification) => void;
  #newest: Notification | undefined;
  #isShown = false;
  #tail: EventTail | undefined;
  readonly #beginnings = new Map<string, EventTail>();
  readonly #end = new End();

  /** @param received called once per notification that may be shown */
  constructor(received: (notification: Notification) => void) {
    this.#received = received;
  }

  /** Takes note of a notification, whether a channel tells it or not; false where nobody may see it. */
  see(notification: Notification): boolean {
    if (notification === this.#newest) return this.#isShown;
    this.#newest = notification;
    this.#tail = undefined;
    this.#isShown = !notification.latin1.startsWith(OWN_KEYS);
    if (this.#isShown) this.#received(notification);
    return this.#isShown;
  }

  /** The tail of the message of a notification that was seen last. */
  tailOf(notification: Notification): EventTail {
    if (notification !== this.#newest) return this.#encode(notification);
    this.#tail ??= this.#encode(notification);
    return this.#tail;
  }

  /** In few pieces: the same names and times come again and again. */
  #encode(notification: Notification): EventTail {
    const { event, db, receivedAt, origin } = notification;
    const beginning = this.#beginningOf(event);
    const name = keyText(notification);
    const end = this.#end.of(db, receivedAt);
    const bytes = beginning.bytes + name.bytes + end.length;
    const text = beginning.text + name.text + end;
    if (origin === undefined) return { text, bytes };
    const source = `,"origin":${JSON.stringify(origin)}}`;
    return { text: text.slice(0, -1) + source, bytes: bytes - 1 + utf8Length(source) };
  }

  #beginningOf(event: string): EventTail {
    const known = this.#beginnings.get(event);
    if (known !== undefined) return known;
    const beginning = measured(`,"event":${JSON.stringify(event)},"key":`);
    const isKept = event.length <= MAX_EVENT_NAME && this.#beginnings.size < MAX_EVENT_NAMES;
    if (isKept) this.#beginnings.set(event, beginning);
    return beginning;
  }
}

/** What messages end with, which is the same for those of one database and ms. */
class End {
  #db = -1;
  #at = -1;
  #text = "";

  of(db: number, at: number): string {
    if (db === this.#db && at === this.#at) return this.#text;
    this.#db = db;
    this.#at = at;
    this.#text = `,"db":${db},"time":${at}}`;
    return this.#text;
  }
}

/**
 * A tail that says what the key holds, and how many events the message stands for.
 *
 * @param state undefined where nobody knows
 */
export function withState(tail: EventTail, state: KeyState | undefined, merged: number): EventTail {
  const value = state === undefined ? "" : `,"value":${valueText(state)}`;
  const ttl = state?.ttl === undefined ? "" : `,"ttl":${state.ttl}`;
  const count = merged > 1 ? `,"merged":${merged}` : "";
  const more = `${value}${ttl}${count}}`;
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

function measured(text: string): EventTail {
  return { text, bytes: utf8Length(text) };
}

function keyText({ key, latin1 }: Notification): EventTail {
  if (isPlain(latin1)) return { text: `"${latin1}"`, bytes: latin1.length + 2 };
  const text = utf8Decode(key);
  return measured(text === null ? `null,"key_raw":"${base64Encode(key)}"` : JSON.stringify(text));
}
