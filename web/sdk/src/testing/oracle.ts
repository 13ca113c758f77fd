import type { SequencedMessage, Value } from "@keywire/shared";

/**
 * What is wrong with what an application was told. Events bear serial numbers as their time, so
 * that a loss shows even where offsets hide it.
 */
export function faults(messages: readonly SequencedMessage[]): string[] {
  return [...offsetFaults(messages), ...serialFaults(messages)];
}

export function offsetFaults(messages: readonly SequencedMessage[]): string[] {
  const found: string[] = [];
  let last: number | undefined;
  for (const message of messages) {
    if (last !== undefined && !follows(message, last)) {
      found.push(`${message.type} ${message.offset} behind ${last}`);
    }
    last = message.offset;
  }
  return found;
}

function follows(message: SequencedMessage, last: number): boolean {
  if (message.type === "gap" && message.missed !== undefined) {
    return message.missed === null || message.offset === last + message.missed;
  }
  if (message.type === "snapshot" && message.offset === last) return true;
  return message.offset === last + 1;
}

function serialFaults(messages: readonly SequencedMessage[]): string[] {
  const found: string[] = [];
  let [serial, warned] = [0, false];
  for (const message of messages) {
    if (message.type === "gap") warned = true;
    if (message.type !== "event") continue;
    const { time } = message;
    if (warned ? time <= serial : time !== serial + 1) {
      found.push(`event ${time} behind event ${serial}`);
    }
    [serial, warned] = [time, false];
  }
  return found;
}

/** The keys and values that a client holds who believes what it is told. */
export function replay(messages: readonly SequencedMessage[]): Map<string, string> {
  const keys = new Map<string, string>();
  for (const message of messages) {
    if (message.type === "event") keys.set(String(message.key), dataOf(message.value));
    if (message.type !== "snapshot") continue;
    keys.clear();
    for (const { key, value } of message.snapshot) keys.set(String(key), dataOf(value));
  }
  return keys;
}

function dataOf(value: Value | null | undefined): string {
  return value != null && "data" in value ? String(value.data) : "";
}
