import { type Gateway, mintToken, type RabbitMq, startGateway, waitFor } from "../support/index.js";

/** The forwarder on one gateway, as much of it as tests look at. */
export interface Sink {
  readonly connection: { readonly state: string; readonly reason?: string };
  readonly counts: Readonly<Record<string, number>>;
  readonly fallback: { readonly length: number };
  readonly memory: { readonly events: number; readonly bytes: number };
  readonly inFlight: number;
  readonly lost: {
    readonly stretches: Readonly<Record<string, number>>;
    readonly events: Readonly<Record<string, number>>;
    readonly recent: readonly {
      readonly reason: string;
      readonly count: number | null;
      readonly from: number;
      readonly to: number;
    }[];
  };
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly configuration: Readonly<Record<string, unknown>>;
    readonly wish: string;
    readonly gateways: readonly Sink[];
    readonly length: number;
    readonly purged: number;
    readonly error: { readonly code: string; readonly message: string };
  };
}

export interface ForwardingGateway extends Gateway {
  /** Asks the admin API for `/v1/admin/sinks/amqp<path>`. */
  ask(path?: string, method?: string, body?: unknown): Promise<Answer>;
  /** Its own state of the forwarder. */
  sink(): Promise<Sink>;
}

/**
 * A gateway that forwards the keys `order:…`.
 *
 * @param node arguments of Node.js itself
 */
export async function startForwarding(
  redis: string,
  broker: Pick<RabbitMq, "url">,
  queue: string,
  env: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Promise<ForwardingGateway> {
  const gateway = await startGateway({
    redis,
    node,
    env: {
      KEYWIRE_AMQP_URL: broker.url,
      KEYWIRE_AMQP_MASKS: "^order:",
      KEYWIRE_AMQP_EVENTS: "$",
      KEYWIRE_AMQP_ROUTING_KEY: queue,
      KEYWIRE_AMQP_DELIVERY_MODE: "2",
      ...env,
    },
  });
  const token = await mintToken({ admin: true });
  const ask: ForwardingGateway["ask"] = async (path = "", method = "GET", body) => {
    const response = await fetch(`${gateway.url}/v1/admin/sinks/amqp${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
  const sink: ForwardingGateway["sink"] = async () => {
    const { status, body } = await ask();
    const [own] = body.gateways;
    if (own === undefined) throw new Error(`the admin API answered ${status}`);
    return own;
  };
  return Object.assign(gateway, { ask, sink });
}

/** Until gateways hold all parts of the keyspace between them. */
export async function sharing(gateways: readonly ForwardingGateway[]): Promise<void> {
  const token = await mintToken({ admin: true });
  const parts = async ({ url }: ForwardingGateway) => {
    const headers = { authorization: `Bearer ${token}` };
    const state = await (await fetch(`${url}/v1/admin/state`, { headers })).json();
    return state.leases.find(({ name }: { name: string }) => name === "amqp").parts.length;
  };
  await waitFor(
    async () => {
      const held = await Promise.all(gateways.map(parts));
      return held.every((count) => count > 0) && held.reduce((a, b) => a + b, 0) === 64;
    },
    { what: "the gateways to share the keyspace", deadline: 30_000 },
  );
}
