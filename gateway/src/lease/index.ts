export { LeaseGroup } from "./group.js";
export {
  type Event,
  type Fence,
  type FenceListener,
  type Fences,
  type LeasePorts,
  type LeaseReport,
  type LeaseSettings,
  type LeaseStatus,
  type LeaseStore,
  type Missed,
  PARTS,
  type Worker,
} from "./ports.js";
export { type LeaseCommands, RedisLeaseStore } from "./redis-store.js";
