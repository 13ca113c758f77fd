/**
 * Redis keyspace notifications of a whole deployment, standalone, Sentinel or Cluster, through one
 * API: each event once, in the order in which its node raised it, and a gap wherever some may be
 * missing. Usable without the gateway.
 *
 * @example
 * import { openKeyspace } from "@keywire/gateway/keyspace";
 * import { parseChannel } from "@keywire/shared";
 *
 * const keyspace = await openKeyspace({ redis: "redis+cluster://127.0.0.1:7000,127.0.0.1:7001" });
 * const subscription = await keyspace.subscribe(parseChannel("prefix:order:"), {
 *   notification: ({ node, db, key, event }) => console.log(node, db, event, key.toString()),
 *   gap: ({ reason, from, to }) => console.log("may have missed events", reason, from, to),
 * });
 * // ...
 * await subscription.unsubscribe();
 * await keyspace.close();
 */

import { Keyspace, type KeyspaceOptions } from "./keyspace.js";

/**
 * Connects to a deployment. Resolves when every node found has been tried once; one that could not
 * be reached is tried again and again, and `problems()` names it meanwhile.
 *
 * @throws Error where the address is not one of a Redis deployment
 */
export async function openKeyspace(options: KeyspaceOptions): Promise<Keyspace> {
  const keyspace = new Keyspace(options);
  await keyspace.open();
  return keyspace;
}

export { CommandConnections } from "./commands.js";
export { type FeedStatus, Keyspace, type KeyspaceOptions } from "./keyspace.js";
export {
  encodeBegin,
  encodeEnd,
  encodeFence,
  MARKS_CHANNEL,
  type Mark,
  parseMark,
} from "./marks.js";
export type { NodeStatus } from "./members.js";
export { needId as interestId } from "./need.js";
export type { Fence, FenceListener, Gap, Listener, Notification } from "./notification.js";
export type { NotifyMode } from "./notify.js";
export type { KeyspaceReport } from "./report.js";
export type { Subscription } from "./subscriptions.js";
export { parseRedisUrl, type RedisTarget } from "./target.js";
