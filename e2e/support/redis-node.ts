import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { Redis } from "ioredis";
import { type TempFolder, tempFolder } from "./folder.js";
import { type ReservedPort, reservePort } from "./ports.js";
import { type Running, run } from "./process.js";
import { redisProgram } from "./program.js";
import { hold } from "./resources.js";
import { waitFor } from "./wait.js";

/** ms until a server must answer; a busy machine starts several at once. */
const START_DEADLINE = 20_000;
/** ms between two attempts of a node's client to connect again */
const RECONNECT_DELAY = 50;
const NO_PERSISTENCE = ["--save", "", "--appendonly", "no"];

export interface NodeOptions {
  /** Names the temp folder. */
  readonly name: string;
  /** Behind the usual ones, which they override. */
  readonly args?: readonly string[];
  /** An existing folder to work in, not removed at the end; default a temp folder. */
  readonly dir?: string;
  /** Starts a server that speaks on the bus as well. */
  readonly cluster?: boolean;
  /** Written to the folder and started with, ahead of the arguments (Sentinel needs one). */
  readonly config?: string;
}

/** One server process. Its port stays its own until `stop`, through kills and restarts. */
export interface RedisNode {
  /** In a cluster its 40 hex digits, else host:port. */
  readonly id: string;
  readonly host: "127.0.0.1";
  readonly port: number;
  /** The cluster bus's port; undefined outside a cluster. */
  readonly busPort: number | undefined;
  /** `redis://127.0.0.1:<port>/0`, whatever the node is part of */
  readonly url: string;
  readonly dir: string;
  readonly pid: number;
  /** `paused` answers nothing and closes nothing. */
  readonly state: "running" | "paused" | "down";
  /** Connected to this node alone; its commands fail while the node is down. */
  readonly client: Redis;
  output(): string;
  /** SIGKILL, waits for the end. */
  kill(): Promise<void>;
  /** SIGSTOP */
  pause(): void;
  /** SIGCONT */
  resume(): void;
  /** Kills it where it runs, starts it on the same port and folder, waits until it answers. */
  restart(): Promise<void>;
  /** Ends it for good: process, client, port and folder. */
  stop(): Promise<void>;
}

interface Place {
  readonly port: ReservedPort;
  readonly bus: ReservedPort | undefined;
  readonly folder: TempFolder;
}

export async function startNode(options: NodeOptions): Promise<RedisNode> {
  const place: Place = {
    port: await reservePort(),
    bus: options.cluster ? await reservePort() : undefined,
    folder: options.dir
      ? { path: options.dir, remove: async () => {} }
      : await tempFolder(options.name),
  };
  const args = await argumentsOf(options, place);
  const node = new Node(place, args, await launch(args, place));
  await node.answering();
  if (options.cluster) node.id = String(await node.client.call("CLUSTER", "MYID"));
  return node;
}

class Node implements RedisNode {
  readonly host = "127.0.0.1";
  readonly client: Redis;
  readonly stop: () => Promise<void>;
  id: string;
  private readonly place: Place;
  private readonly args: readonly string[];
  private process: Running;
  private paused = false;

  constructor(place: Place, args: readonly string[], process: Running) {
    this.place = place;
    this.args = args;
    this.process = process;
    this.id = `${this.host}:${this.port}`;
    this.client = connect(this.port);
    this.stop = hold(() => this.end());
  }

  get port(): number {
    return this.place.port.port;
  }

  get busPort(): number | undefined {
    return this.place.bus?.port;
  }

  get url(): string {
    return `redis://${this.host}:${this.port}/0`;
  }

  get dir(): string {
    return this.place.folder.path;
  }

  get pid(): number {
    return this.process.pid;
  }

  get state(): RedisNode["state"] {
    if (!this.process.running) return "down";
    return this.paused ? "paused" : "running";
  }

  output(): string {
    return this.process.output();
  }

  async kill(): Promise<void> {
    await this.process.kill();
    this.paused = false;
  }

  pause(): void {
    this.process.signal("SIGSTOP");
    this.paused = true;
  }

  resume(): void {
    this.process.signal("SIGCONT");
    this.paused = false;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.process = await launch(this.args, this.place);
    await this.answering();
  }

  async answering(): Promise<void> {
    await waitFor(
      async () => {
        if (!this.process.running) throw new Error(`it ended: ${this.output()}`);
        return (await this.client.ping()) === "PONG";
      },
      { what: `the Redis on port ${this.port} to answer`, deadline: START_DEADLINE },
    );
  }

  private async end(): Promise<void> {
    this.client.disconnect();
    await this.kill();
    await this.place.folder.remove();
    await this.place.bus?.release();
    await this.place.port.release();
  }
}

async function argumentsOf(options: NodeOptions, place: Place): Promise<string[]> {
  const { port, bus, folder } = place;
  const config = `${folder.path}/server.conf`;
  if (options.config !== undefined) await writeFile(config, options.config);
  return [
    ...(options.config === undefined ? [] : [config]),
    ...["--port", String(port.port), "--bind", "127.0.0.1", "--dir", folder.path],
    ...(options.config === undefined ? NO_PERSISTENCE : []),
    ...(bus ? ["--cluster-enabled", "yes", "--cluster-port", String(bus.port)] : []),
    ...(options.args ?? []),
  ];
}

async function launch(args: readonly string[], place: Place): Promise<Running> {
  return run({ command: redisProgram(), args, cwd: place.folder.path });
}

function connect(port: number): Redis {
  const client = new Redis({
    port,
    host: "127.0.0.1",
    retryStrategy: () => RECONNECT_DELAY,
    // A test that asks a dead node wants to be told, not to hang.
    maxRetriesPerRequest: 1,
  });
  // A node that a test killed is no news; whoever sends it a command gets the command's error.
  client.on("error", () => {});
  return client;
}

/** Resolves when the node's own client has noticed that its connection is gone. */
export async function disconnected(node: RedisNode): Promise<void> {
  if (node.client.status === "ready") await once(node.client, "close");
}
