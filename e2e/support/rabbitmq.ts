import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Connection } from "rabbitmq-client";
import { type TempFolder, tempFolder } from "./folder.js";
import { type ReservedPort, reservePort } from "./ports.js";
import { type Running, run } from "./process.js";
import { epmdProgram, rabbitmqProgram } from "./program.js";
import { hold } from "./resources.js";
import { waitFor } from "./wait.js";

/** ms until the broker must take connections: alone it needs 6 s, on a busy machine far more. */
const START_DEADLINE = 90_000;
/** ms that it has to end after SIGTERM. */
const STOP_DEADLINE = 60_000;
/** ms for one command of `rabbitmqctl`, which starts an Erlang of its own. */
const CONTROL_DEADLINE = 60_000;
/** Of the machine's memory: none, so that the alarm is on; and the default. */
const NO_MEMORY = "0.000001";
const USUAL_MEMORY = "0.4";

/** A RabbitMQ of its own, with all it needs: a node name, a cookie, a port mapper. */
export interface RabbitMq {
  /** `amqp://guest:guest@127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** `paused` answers nothing and closes nothing. */
  readonly state: "running" | "paused" | "down";
  output(): string;
  /** A connection that comes back by itself; whoever holds the broker closes it. */
  connect(): Connection;
  /** SIGTERM: it says goodbye to its clients, and waits for its end. */
  shutDown(): Promise<void>;
  /** Until what was declared is on its disk: it answers before, and would not know of it after a kill. */
  flush(): Promise<void>;
  /** SIGKILL, waits for the end. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; durable queues are still there. */
  start(): Promise<void>;
  /** SIGSTOP */
  pause(): void;
  /** SIGCONT */
  resume(): void;
  /** Raises the memory alarm, or ends it. */
  alarm(state: "on" | "off"): Promise<void>;
  /** `rabbitmqctl`, with what it wrote. */
  control(...args: string[]): Promise<string>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

interface Place {
  readonly folder: TempFolder;
  readonly amqp: ReservedPort;
  readonly mapper: ReservedPort;
  readonly nodes: ReservedPort;
}

export async function startRabbitMq(): Promise<RabbitMq> {
  const place: Place = {
    folder: await tempFolder("rabbitmq"),
    amqp: await reservePort(),
    mapper: await reservePort(),
    nodes: await reservePort(),
  };
  await mkdir(join(place.folder.path, "home"));
  await writeFile(join(place.folder.path, "plugins"), "[].\n");
  const { port } = place.mapper;
  // RabbitMQ would start one itself, which would outlive it.
  const args = ["-address", "127.0.0.1", "-port", String(port)];
  const mapper = await run({ command: epmdProgram(), args });
  await waitFor(() => accepts(port), { what: "Erlang's port mapper" });
  const broker = new Broker(place, mapper);
  await broker.start();
  return broker;
}

class Broker implements RabbitMq {
  readonly stop: () => Promise<void>;
  private readonly place: Place;
  private readonly mapper: Running;
  private readonly connections: Connection[] = [];
  private process: Running | undefined;
  private paused = false;

  constructor(place: Place, mapper: Running) {
    this.place = place;
    this.mapper = mapper;
    this.stop = hold(() => this.end());
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.place.amqp.port;
  }

  get pid(): number {
    return this.running.pid;
  }

  get state(): RabbitMq["state"] {
    if (this.process?.running !== true) return "down";
    return this.paused ? "paused" : "running";
  }

  output(): string {
    return this.running.output();
  }

  connect(): Connection {
    const connection = new Connection({ url: this.url, retryLow: 100, retryHigh: 500 });
    // A broker that a test stopped is no news.
    connection.on("error", () => {});
    this.connections.push(connection);
    return connection;
  }

  async start(): Promise<void> {
    const env = environment(this.place);
    const process = await run({ command: rabbitmqProgram("rabbitmq-server"), args: [], env });
    this.process = process;
    await waitFor(
      async () => {
        if (!process.running) return true;
        return (await accepts(this.port)) && process.output().includes("Server startup complete");
      },
      { what: "RabbitMQ to take connections", deadline: START_DEADLINE },
    );
    if (!process.running) throw new Error(`RabbitMQ did not start; it wrote:\n${this.output()}`);
  }

  async shutDown(): Promise<void> {
    const { running } = this;
    running.signal("SIGTERM");
    await waitFor(() => running.exited, { what: "RabbitMQ to end", deadline: STOP_DEADLINE });
  }

  async flush(): Promise<void> {
    const answer = await this.control("eval", "mnesia:sync_log().");
    if (answer.trim() !== "ok") throw new Error(`RabbitMQ has not written its log: ${answer}`);
  }

  async kill(): Promise<void> {
    await this.process?.kill();
    this.paused = false;
  }

  pause(): void {
    this.signalAll("SIGSTOP");
    this.paused = true;
  }

  resume(): void {
    this.signalAll("SIGCONT");
    this.paused = false;
  }

  async alarm(state: "on" | "off"): Promise<void> {
    const watermark = state === "on" ? NO_MEMORY : USUAL_MEMORY;
    await this.control("set_vm_memory_high_watermark", watermark);
  }

  async control(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(rabbitmqProgram("rabbitmqctl"), args, {
      env: environment(this.place),
      timeout: CONTROL_DEADLINE,
    });
    return stdout;
  }

  /** What was started is a script; the broker is its child. */
  private signalAll(signal: NodeJS.Signals): void {
    process.kill(-this.running.pid, signal);
  }

  private get running(): Running {
    if (this.process === undefined) throw new Error("RabbitMQ has not been started");
    return this.process;
  }

  private async end(): Promise<void> {
    for (const connection of this.connections) connection.unsafeDestroy();
    await this.kill();
    await this.mapper.kill();
    const { folder, amqp, mapper, nodes } = this.place;
    await folder.remove();
    for (const port of [amqp, mapper, nodes]) await port.release();
  }
}

/** Nothing of the system's own RabbitMQ is read or touched. */
function environment({ folder, amqp, mapper, nodes }: Place): NodeJS.ProcessEnv {
  const inFolder = (name: string) => join(folder.path, name);
  return {
    PATH: process.env["PATH"],
    LANG: "C.UTF-8",
    // Where the cookie is made.
    HOME: inFolder("home"),
    RABBITMQ_NODENAME: `keywire${amqp.port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(amqp.port),
    RABBITMQ_DIST_PORT: String(nodes.port),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(mapper.port),
    RABBITMQ_MNESIA_BASE: inFolder("data"),
    RABBITMQ_LOG_BASE: inFolder("log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_PID_FILE: inFolder("pid"),
    RABBITMQ_CONFIG_FILE: inFolder("none"),
    RABBITMQ_CONF_ENV_FILE: inFolder("none.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder("plugins"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
