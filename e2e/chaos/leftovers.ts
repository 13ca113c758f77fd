import { mintToken } from "../support/index.js";
import { LINGER, type Site } from "./site.js";

/** ms, on top of the linger, until nothing may be held any more */
const GRACE = 6_000;
const LOOK_INTERVAL = 100;
const KEYSPACE_CHANNELS = "__*@*__:*";
/** What guards the slots of keys that are listened to alone. */
const GUARD_CHANNELS = "keywire:slot:*";

interface AdminState {
  readonly sessions: readonly unknown[];
  readonly channels: readonly { readonly name: string }[];
  readonly feeds: readonly { readonly channel: string; readonly refcount: number }[];
}

/** What is still held when all clients have left and the linger has passed: sentences, none if all is well. */
export async function leftoversOf(site: Site): Promise<string[]> {
  const token = await mintToken({ admin: true });
  const end = Date.now() + LINGER * 1_000 + GRACE;
  for (;;) {
    const left = [...(await leftInGateway(site, token)), ...(await leftInRedis(site))];
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL));
  }
}

async function leftInGateway(site: Site, token: string): Promise<string[]> {
  const answer = await fetch(`${site.gateway.url}/v1/admin/state`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) return [`/v1/admin/state answers ${answer.status}`];
  const state: AdminState = JSON.parse(await answer.text());
  return [
    ...(state.sessions.length > 0 ? [`the gateway has ${state.sessions.length} sessions`] : []),
    ...state.channels.map(({ name }) => `the gateway has the channel ${name}`),
    ...state.feeds.map(
      ({ channel, refcount }) => `the gateway has the feed ${channel} (${refcount})`,
    ),
  ];
}

async function leftInRedis({ nodes }: Site): Promise<string[]> {
  const found = await Promise.all(
    nodes.map(async ({ client, port }) => {
      const exact = await client.pubsub("CHANNELS", KEYSPACE_CHANNELS);
      const guards = await client.call("PUBSUB", "SHARDCHANNELS", GUARD_CHANNELS);
      const patterns = Number(await client.pubsub("NUMPAT"));
      return [
        ...[exact, guards]
          .flat()
          .map((channel) => `Redis on port ${port} has a subscriber to ${String(channel)}`),
        ...(patterns > 0 ? [`Redis on port ${port} has ${patterns} patterns`] : []),
      ];
    }),
  );
  return found.flat();
}
