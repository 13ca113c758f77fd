import type { SequencedMessage, Value } from "@keywire/client";

/** What is wrong with the offsets of what a subscription told. */
export function offsetFaults(messages: readonly SequencedMessage[]): string[] {
  return messages.flatMap((message, index) => {
    const before = messages[index - 1];
    if (before === undefined || follows(message, before.offset)) return [];
    return [`${message.type} ${message.offset} behind ${before.offset}`];
  });
}

function follows(message: SequencedMessage, last: number): boolean {
  if (message.type === "gap" && message.missed !== undefined) {
    return message.missed === null || message.offset === last + message.missed;
  }
  return message.offset === last + 1 || (message.type === "snapshot" && message.offset === last);
}

/** The strings that a client holds who believes what it is told, by key. */
export function replay(messages: readonly SequencedMessage[]): Record<string, string> {
  const held = new Map<string, string>();
  const take = (key: string | null, value: Value | null | undefined) => {
    if (value != null && "data" in value) held.set(String(key), String(value.data));
    else held.delete(String(key));
  };
  for (const message of messages) {
    if (message.type === "snapshot") {
      held.clear();
      for (const { key, value } of message.snapshot) take(key, value);
    } else if (message.type === "event") take(message.key, message.value);
  }
  return Object.fromEntries([...held].sort());
}
