import { systemClock } from "@keywire/shared";
import type { Hono } from "hono";
import { NO_AMQP } from "./app/amqp.js";
import { openCore } from "./app/core.js";
import { loadFiles } from "./app/open-triggers.js";
import { ReadinessLog } from "./app/readiness.js";
import { openDoors } from "./app/server.js";
import { probe } from "./app/state.js";
import { type Crew, together } from "./app/together.js";
import type { Config } from "./config.js";
import type { Log, Metrics } from "./observe/index.js";

export interface AppPorts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** The gateways that serve the same port, this one among them, where it is one of several. */
  readonly crew?: Crew | undefined;
  /** Further routes, of `keywire dev` alone. */
  readonly demo?: Hono | undefined;
}

/** A running gateway. */
export interface App {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Lets all sessions leave in order, within the drain time, and ends. */
  close(): Promise<void>;
}

/** How long what is under way may take to be done when the gateway hands its work over, ms. */
const HANDOVER_TIME = 10_000;
/** When clients may come back, to this gateway or another one, ms. */
const RECONNECT = { min: 500, max: 10_000 };

/**
 * Starts a gateway. Redis may be away: then it listens all the same, says why it is not ready, and
 * serves when Redis comes.
 *
 * @throws Error where it cannot listen, or its configuration cannot be used
 */
export async function startApp(
  config: Config,
  { log, metrics, crew, demo }: AppPorts,
): Promise<App> {
  const around = { clock: systemClock, log, metrics };
  const core = await openCore(config, around);
  const { keyspace, registry, revocations, triggers } = core;
  let leaving: Promise<void> | undefined;
  const problems = () => [
    ...(leaving === undefined ? [] : ["the gateway is going away"]),
    ...keyspace.problems(),
    ...revocations.problems(),
    ...triggers.problems(),
  ];
  const all = together(core, metrics, crew);
  const amqp = core.amqp?.desk(async () => (await all.state()).sinks) ?? NO_AMQP;
  const told = { problems, demo, ...all, amqp };
  const { http, webSockets } = await openDoors(core, config, around, told);
  probe(core, config, metrics, () => problems().length === 0);
  const readiness = new ReadinessLog(systemClock, problems, log);

  async function leave(): Promise<void> {
    readiness.stop();
    // It goes on listening meanwhile: whoever asks is told that it is not ready.
    const handedOver = core.leases.stop(Math.min(config.drainTimeout, HANDOVER_TIME));
    await registry.drain({ within: config.drainTimeout, reconnect: RECONNECT });
    await handedOver;
    http.refuse();
    registry.stop();
    webSockets.stop();
    http.cutOff();
    await core.close();
  }

  try {
    await revocations.start();
    await triggers.start();
    await loadFiles(triggers, config.libraries ?? []);
    registry.start();
    await core.amqp?.start();
    const url = await http.listen();
    readiness.start();
    return {
      url,
      close: () => {
        leaving ??= leave();
        return leaving;
      },
    };
  } catch (error) {
    registry.stop();
    webSockets.stop();
    await core.close();
    throw error;
  }
}
