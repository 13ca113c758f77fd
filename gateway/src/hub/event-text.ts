import { base64Encode, utf8Decode } from "@keywire/shared";
import type { KeyState, Notification } from "./ports.js";
import { utf8Length } from "./utf8.js";

/** A piece of JSON. */
export interface Text {
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly bytes: number;
}

/** What a channel adds its own name and offset to, such as `,"event":"set","key":"order:42","db":0,"time":1780000000123}`. */
export interface EventTail extends Text {
  /** The number of its event's name, where it says no more than that, a key, a database and a time; else 0. */
  readonly event: number;
  readonly key: Text;
}

/** Redis has some thirty; modules may have more. The number of one takes a byte, and 0 is none's. */
const MAX_EVENT_NAMES = 255;
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
  readonly #beginnings = new Map<string, Beginning>();
  /** The same by their numbers. */
  readonly #numbered: Beginning[] = [UNNUMBERED];
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
    const key = keyText(notification);
    const end = this.#end.of(db, receivedAt);
    const bytes = beginning.bytes + key.bytes + end.length;
    const text = beginning.text + key.text + end;
    if (origin === undefined) return { text, bytes, event: beginning.number, key };
    return withMore({ text, bytes, event: 0, key }, `,"origin":${JSON.stringify(origin)}`);
  }

  /**
   * The text of a tail that says no more than these.
   *
   * @param event the number of its event's name
   * @param key as JSON
   */
  spell(event: number, key: string, db: number, at: number): string {
    return (this.#numbered[event] ?? UNNUMBERED).text + key + this.#end.of(db, at);
  }

  #beginningOf(event: string): Beginning {
    const known = this.#beginnings.get(event);
    if (known !== undefined) return known;
    const text = `,"event":${JSON.stringify(event)},"key":`;
    const { length: next } = this.#numbered;
    const isKept = event.length <= MAX_EVENT_NAME && next <= MAX_EVENT_NAMES;
    const beginning = { text, bytes: utf8Length(text), number: isKept ? next : 0 };
    if (!isKept) return beginning;
    this.#beginnings.set(event, beginning);
    this.#numbered.push(beginning);
    return beginning;
  }
}

/** What tails of one event's name begin with. */
interface Beginning extends Text {
  /** 0 for one of those that are too many, or too long, to be kept. */
  readonly number: number;
}

const UNNUMBERED: Beginning = { text: "", bytes: 0, number: 0 };

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
  return withMore(tail, value + ttl + count);
}

/** @param more members of the object that the message is, each behind a comma */
function withMore({ text, bytes, key }: EventTail, more: string): EventTail {
  return { text: `${text.slice(0, -1)}${more}}`, bytes: bytes + utf8Length(more), event: 0, key };
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

function keyText({ key, latin1, isPlain }: Notification): Text {
  return isPlain ? { text: `"${latin1}"`, bytes: latin1.length + 2 } : jsonOf(key);
}

/** The value of `key` as JSON, and where it is not UTF-8 that of `key_raw` behind it. */
export function jsonOf(key: Uint8Array): Text {
  const decoded = utf8Decode(key);
  const text = decoded === null ? `null,"key_raw":"${base64Encode(key)}"` : JSON.stringify(decoded);
  return { text, bytes: utf8Length(text) };
}
