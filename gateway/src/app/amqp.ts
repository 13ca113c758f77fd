import { type Clock, WireError } from "@keywire/shared";
import { type Config, environmentName, Misfit, type SettingName, settingOf } from "../config.js";
import type { AmqpDesk } from "../http/index.js";
import type { CommandConnections, Notification } from "../keyspace/index.js";
import type { LeaseGroup, Worker } from "../lease/index.js";
import type { Log } from "../observe/index.js";
import {
  Configuration,
  EventClasses,
  Forwarder,
  type ForwarderSettings,
  type ForwarderStatus,
  feedsOf,
  RedisConfiguration,
  RedisFallback,
  rabbitLinks,
} from "../sinks/index.js";
import { Feeding } from "./feeding.js";
import type { Leases } from "./leases.js";

/** The setting that each name of the admin API stands for. */
const SETTINGS = {
  masks: "amqpMasks",
  events: "amqpEvents",
  exchange: "amqpExchange",
  routingKey: "amqpRoutingKey",
  deliveryMode: "amqpDeliveryMode",
  format: "amqpFormat",
  heartbeat: "amqpHeartbeat",
  fallbackSize: "amqpFallbackSize",
  fallbackPolicy: "amqpFallbackPolicy",
  unroutable: "amqpUnroutable",
} as const satisfies Record<keyof ForwarderSettings, SettingName>;

const NAMES = Object.keys(SETTINGS) as (keyof ForwarderSettings)[];

/** The forwarder's present state on one gateway. */
export interface SinkStatus extends ForwarderStatus {
  readonly kind: "amqp";
  /** Whose state it is. */
  readonly gateway: string;
}

export interface AmqpPorts {
  readonly connections: CommandConnections;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this life of the gateway, and no other's. */
  readonly gatewayId: string;
}

/** The forwarder with all that it needs; one that is off where no broker is configured. */
export class Amqp {
  readonly #gatewayId: string;
  readonly #forwarder: Forwarder;
  readonly #configuration: Configuration;
  readonly #feeding: Feeding;

  constructor(config: Config, url: string, ports: AmqpPorts) {
    const { connections, clock, log, gatewayId, leases } = ports;
    const connect = () => {
      const connection = connections.open();
      connection.on("error", (error) =>
        log.debug("a connection of the forwarder failed", { error }),
      );
      return connection;
    };
    const read = (settings: Readonly<Record<string, unknown>>) => readSettings(config, settings);
    this.#gatewayId = gatewayId;
    this.#forwarder = new Forwarder(
      {
        clock,
        random: Math.random,
        openLink: rabbitLinks(url),
        store: new RedisFallback({ clock, connect, life: gatewayId }),
        endOfTurn: (task) => void setImmediate(task),
        life: gatewayId,
        report: ({ level, message, fields }) => log[level](message, { sink: "amqp", ...fields }),
      },
      read({}),
      config.amqpMemoryBytes,
    );
    const worker: Worker<Notification> = {
      take: (event, done, mayBeRepeat) => this.#forwarder.take(event, done, mayBeRepeat),
      missed: (missed) => this.#forwarder.missed(missed),
    };
    const group: LeaseGroup<Notification> = leases.open("amqp", worker);
    this.#feeding = new Feeding(group, clock, (error) =>
      log.warn("what is to be forwarded cannot be listened to yet", { sink: "amqp", error }),
    );
    this.#configuration = new Configuration({
      store: new RedisConfiguration(connect(), connect()),
      clock,
      read,
      changed: (settings, wish) => this.#apply(settings, wish),
      restored: () =>
        log.warn("Redis had lost the forwarder's configuration; it was put back", { sink: "amqp" }),
      failed: (error) => log.warn("the forwarder's configuration was not read", { error }),
    });
  }

  async start(): Promise<void> {
    await this.#configuration.start();
    this.#forwarder.start();
  }

  status(): SinkStatus {
    return { kind: "amqp", gateway: this.#gatewayId, ...this.#forwarder.status() };
  }

  desk(statusOfAll: () => Promise<readonly unknown[]>): AmqpDesk {
    const configuration = this.#configuration;
    return {
      show: async () => ({
        configuration: shown(configuration.settings),
        changed: configuration.setNames,
        wish: configuration.wish,
        gateways: await statusOfAll(),
      }),
      change: (patch) => configuration.set(patch),
      wish: (wish) => configuration.setWish(wish),
      setMasks: (change) => configuration.setMasks(change),
      fallbackLength: () => this.#forwarder.fallbackLength(),
      purge: () => this.#forwarder.purge(),
    };
  }

  async close(): Promise<void> {
    this.#configuration.close();
    this.#feeding.close();
    await this.#forwarder.close();
  }

  #apply(settings: ForwarderSettings, wish: Configuration["wish"]): void {
    this.#forwarder.configure(settings);
    if (wish === "disconnected") this.#forwarder.disconnect();
    else this.#forwarder.connect();
    const { masks, events } = settings;
    const sources = masks.includes("ALL") ? "ALL" : masks.map((mask) => Buffer.from(mask));
    this.#feeding.feed(feedsOf(sources, new EventClasses(events)));
  }
}

/** The desk of a gateway that forwards nothing. */
export const NO_AMQP: AmqpDesk = {
  show: async () => ({ state: "off" }),
  change: off,
  wish: off,
  setMasks: off,
  fallbackLength: off,
  purge: off,
};

async function off(): Promise<never> {
  const message = `the AMQP forwarder is off; set ${environmentName("amqpUrl")} to a broker's address`;
  throw new WireError("unsupported", message);
}

/** @throws WireError `bad_request` naming every fault */
function readSettings(
  config: Config,
  overrides: Readonly<Record<string, unknown>>,
): ForwarderSettings {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of NAMES) values[name] = config[SETTINGS[name]];
  for (const [name, value] of Object.entries(overrides)) {
    if (isName(name)) values[name] = parse(name, value, faults);
    else faults.push(`${JSON.stringify(name)} is none of ${NAMES.join(", ")}`);
  }
  if (faults.length > 0) {
    const list = faults.length === 1 ? faults : [`${faults.length} things are wrong`, ...faults];
    throw new WireError("bad_request", list.join("; "));
  }
  // The rows' kinds made every value.
  return values as unknown as ForwarderSettings;
}

function isName(name: string): name is keyof ForwarderSettings {
  return Object.hasOwn(SETTINGS, name);
}

function parse(name: keyof ForwarderSettings, value: unknown, faults: string[]): unknown {
  const { kind } = settingOf(SETTINGS[name]);
  try {
    return kind.parse(value);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const why = error.message === "" ? "" : `: ${error.message}`;
    faults.push(`${name} is ${JSON.stringify(value)}${why}; it takes ${kind.takes}`);
    return undefined;
  }
}

/** As a change takes them: the heartbeat in seconds. */
function shown({ heartbeat, ...settings }: ForwarderSettings): Record<string, unknown> {
  return { ...settings, heartbeat: heartbeat / 1_000 };
}
