import type { ChannelOptions } from "@keywire/shared";

/** Options as JSON: the same text for the same channel, whatever order they were written in. */
export function canonical(options: ChannelOptions): string {
  const events = options.events && [...options.events].sort();
  return JSON.stringify({ ...options, events }, ["events", "value", "snapshot", "fields"]);
}

/** Whether the gateway sends the channel's existing keys, and sends them anew after each gap. */
export function wantsSnapshot(channel: string, { value, snapshot }: ChannelOptions): boolean {
  return (snapshot ?? Number(value && /^(raw)?key/.test(channel))) > 0;
}
