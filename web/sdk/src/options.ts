import type { ChannelOptions } from "@keywire/shared";

/** Options as JSON: the same text for the same channel, in whatever way they were written. */
export function canonical({ events, value, snapshot, fields }: ChannelOptions): string {
  return JSON.stringify({
    events: events && [...events].sort(),
    // False is what they are when they are left out.
    value: value || undefined,
    snapshot,
    fields: fields || undefined,
  });
}

/** Whether the gateway sends the channel's existing keys, and sends them anew after each gap. */
export function wantsSnapshot(channel: string, { value, snapshot }: ChannelOptions): boolean {
  return (snapshot ?? Number(value && /^(raw)?key/.test(channel))) > 0;
}
