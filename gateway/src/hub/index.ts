export { Batch, type BatchEncoder, type Entry } from "./batch.js";
export type { ChannelStatus, Member, Membership } from "./channel.js";
export { Hub, type JoinRequest } from "./hub.js";
export type {
  HubPorts,
  HubReport,
  HubSettings,
  Notification,
  Source,
  SourceGap,
  SourceListener,
  SourceSubscription,
} from "./ports.js";
export type { MemberGap } from "./resume.js";
export type { Joined } from "./stream.js";
