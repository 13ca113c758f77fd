import { base64Encode, utf8Decode } from "@keywire/shared";
import type { Item } from "./item.js";
import type { ForwarderSettings, Message, SinkEvent } from "./ports.js";

/** Tells consumers of a queue with messages of several kinds that this is one of ours. */
export const MESSAGE_TYPE = "keywire.event";

export function messageOf(item: Item, settings: ForwarderSettings): Message {
  const { event, id, mayBeThere } = item;
  const { exchange, routingKey, deliveryMode, format } = settings;
  return {
    exchange,
    routingKey,
    deliveryMode,
    messageId: id,
    timestamp: Math.floor(event.receivedAt / 1_000),
    type: MESSAGE_TYPE,
    contentType: format === "json" ? "application/json" : "application/octet-stream",
    headers: {
      db: event.db,
      event: event.event,
      node: event.node,
      ...(event.origin === undefined ? {} : { origin: event.origin }),
      ...(mayBeThere ? { repeated: true } : {}),
    },
    body: format === "json" ? jsonBody(event) : linesBody(event),
  };
}

/** `db\nevent\nkey`, the key's own bytes to the end. */
function linesBody({ db, event, key }: SinkEvent): Buffer {
  const head = `${db}\n${event}\n`;
  const length = Buffer.byteLength(head);
  const body = Buffer.allocUnsafe(length + key.length);
  body.write(head);
  body.set(key, length);
  return body;
}

/** As the wire protocol tells an event, without a channel and its offset. */
function jsonBody({ db, event, key, receivedAt, origin }: SinkEvent): Buffer {
  const text = utf8Decode(key);
  const message = {
    type: "event",
    event,
    key: text,
    ...(text === null ? { key_raw: base64Encode(key) } : {}),
    db,
    time: receivedAt,
    ...(origin === undefined ? {} : { origin }),
  };
  return Buffer.from(JSON.stringify(message));
}
