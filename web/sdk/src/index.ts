export type {
  ChannelOptions,
  Clock,
  EventMessage,
  GapMessage,
  GapReason,
  GoodbyeMessage,
  SequencedMessage,
  SnapshotEntry,
  SnapshotMessage,
  Value,
  WelcomeMessage,
} from "@keywire/shared";
export type {
  ConnectionState,
  ConnectOptions,
  StateChange,
  Subscription,
  SubscriptionEvents,
  SubscriptionState,
  WebSocketConstructor,
  WebSocketLike,
  Wire,
  WireEvents,
} from "./api.js";
export { connect } from "./connect.js";
export { KeywireError, type KeywireErrorCode } from "./errors.js";
