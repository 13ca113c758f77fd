import type { Interest } from "@keywire/shared";
import type { Epochs } from "./epoch.js";
import type { EventTexts } from "./event-text.js";
import type { CanonicalOptions } from "./options.js";
import type { HubPorts, HubSettings } from "./ports.js";
import type { StreamPorts } from "./stream.js";
import type { Turns } from "./turns.js";

/** What can be told of a channel. */
export interface ChannelStatus {
  readonly name: string;
  readonly options: CanonicalOptions;
  readonly interest: Interest;
  readonly state: "opening" | "live" | "lingering" | "closed";
  readonly epoch: string;
  readonly offset: number;
  readonly members: number;
  readonly history: { readonly messages: number; readonly bytes: number };
}

/** What a channel is about. */
export interface ChannelSubject {
  readonly name: string;
  readonly interest: Interest;
  readonly options: CanonicalOptions;
}

/** What all channels need of the hub. */
export interface ChannelPort {
  readonly ports: HubPorts;
  readonly settings: HubSettings;
  readonly epochs: Epochs;
  readonly streams: StreamPorts;
  readonly events: EventTexts;
  readonly turns: Turns;
  closed(channel: { readonly key: string }): void;
}
