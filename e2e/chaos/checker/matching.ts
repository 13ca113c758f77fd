import { slotOf } from "../../support/slot.js";
import type { ChannelSpec, FaultRecord } from "../record.js";

/** Whether a channel is about an event: by the protocol, apart from the gateway's own code. */
export function isAbout(channel: ChannelSpec, key: string, event: string): boolean {
  if (channel.events !== undefined && !channel.events.includes(event)) return false;
  switch (channel.kind) {
    case "key":
      return key === channel.rest;
    case "prefix":
      return key.startsWith(channel.rest);
    case "event":
      return event === channel.rest;
    case "pattern":
      return globOf(channel.rest).test(key);
  }
}

const globs = new Map<string, RegExp>();

/** A Redis glob as a regular expression: the chaos channels use `*`, `?` and sets without escapes. */
function globOf(glob: string): RegExp {
  const known = globs.get(glob);
  if (known !== undefined) return known;
  const source = glob.replace(/\[[^\]]*\]|[^[]/g, (part) => {
    if (part === "*") return "[\\s\\S]*";
    if (part === "?") return "[\\s\\S]";
    return part.startsWith("[") ? part : part.replace(/[\\^$.|+(){}\]]/g, "\\$&");
  });
  const made = new RegExp(`^${source}$`);
  globs.set(glob, made);
  return made;
}

/** Whether a fault can be why a client misses something on a channel. */
export function touches(fault: FaultRecord, client: string, channel: ChannelSpec): boolean {
  if (fault.clients !== undefined && !fault.clients.includes(client)) return false;
  if (fault.slots === undefined || channel.kind !== "key") return true;
  const slot = slotOf(channel.rest);
  return fault.slots.some(([first, last]) => slot >= first && slot <= last);
}
