export { Batch, type BatchEncoder, type Entry } from "./batch.js";
export type { ChannelStatus } from "./channel-port.js";
export { Hub, type JoinRequest } from "./hub.js";
export type { Keys } from "./keys.js";
export type {
  HubPorts,
  HubReport,
  HubSettings,
  KeyState,
  Notification,
  Snapshot,
  Source,
  SourceGap,
  SourceListener,
  SourceSubscription,
  ValueReader,
} from "./ports.js";
export type { MemberGap } from "./resume.js";
export type { Member, Membership } from "./seat.js";
export type { Joined } from "./stream.js";
