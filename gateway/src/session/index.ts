export { parseSubscribe } from "./client-message.js";
export type {
  Auth,
  Channels,
  Identity,
  SessionLimit,
  SessionReport,
  Transport,
} from "./ports.js";
export { TokenBucket } from "./rate.js";
export { type Drain, type RegistryPorts, SessionRegistry } from "./registry.js";
export type { Session, SessionStatus } from "./session.js";
