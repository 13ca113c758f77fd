import { execPath, env as ownEnvironment } from "node:process";
import { fileURLToPath } from "node:url";
import { type ReservedPort, reservePort } from "./ports.js";
import { type Exit, type Running, run } from "./process.js";
import { hold } from "./resources.js";
import { TEST_SECRET } from "./token.js";
import { waitFor } from "./wait.js";

const PROGRAM = fileURLToPath(new URL("../../gateway/bin/keywire.mjs", import.meta.url));
/** ms */
const START_DEADLINE = 30_000;
/** ms; longer than the gateway's own drain time */
const STOP_DEADLINE = 40_000;

export interface GatewayOptions {
  /** A `KEYWIRE_REDIS` value. */
  readonly redis: string;
  /**
   * Further settings, `KEYWIRE_…` names; they win over the ones that tests share. An empty one
   * counts as not set: `KEYWIRE_JWT_SECRET: ""` makes room for another way to verify tokens.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node.js itself, such as `--cpu-prof`. */
  readonly node?: readonly string[];
}

/** One line of the gateway's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The built gateway as a process of its own, on a port that stays its own until `stop`. */
export interface Gateway {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `ws://127.0.0.1:<port>/v1/ws` */
  readonly wsUrl: string;
  readonly pid: number;
  readonly running: boolean;
  /** All that the present process wrote. */
  output(): string;
  /** What of it is JSON. */
  logs(): LogLine[];
  /** SIGTERM; resolves when it ended, with how. */
  stop(): Promise<Exit>;
  /** SIGKILL */
  kill(): Promise<Exit>;
  /** Stops it where it runs, starts it with the same settings, waits until it listens. */
  restart(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const port = await reservePort();
  const gateway = new GatewayProcess(environment(options, port.port), port, options.node ?? []);
  await gateway.start();
  return gateway;
}

class GatewayProcess implements Gateway {
  private readonly env: NodeJS.ProcessEnv;
  private readonly node: readonly string[];
  private readonly giveBack: () => Promise<void>;
  private current: { readonly process: Running; readonly url: string } | undefined;

  constructor(env: NodeJS.ProcessEnv, port: ReservedPort, node: readonly string[]) {
    this.env = env;
    this.node = node;
    this.giveBack = hold(async () => {
      await this.current?.process.kill();
      await port.release();
    });
  }

  get url(): string {
    return this.started.url;
  }

  get wsUrl(): string {
    return `${this.url.replace(/^http/, "ws")}/v1/ws`;
  }

  get pid(): number {
    return this.started.process.pid;
  }

  get running(): boolean {
    return this.started.process.running;
  }

  output(): string {
    return this.started.process.output();
  }

  logs(): LogLine[] {
    return parseLogs(this.output());
  }

  async start(): Promise<void> {
    const args = [...this.node, PROGRAM, "start"];
    const process = await run({ command: execPath, args, env: this.env });
    this.current = { process, url: await listening(process) };
  }

  async stop(): Promise<Exit> {
    const exit = await this.end();
    await this.giveBack();
    return exit;
  }

  kill(): Promise<Exit> {
    return this.started.process.kill();
  }

  async restart(): Promise<void> {
    await this.end();
    await this.start();
  }

  private get started() {
    if (!this.current) throw new Error("the gateway has not been started");
    return this.current;
  }

  private async end(): Promise<Exit> {
    const { process } = this.started;
    if (process.running) process.signal("SIGTERM");
    return waitFor(() => process.exited, {
      what: "the gateway to end after SIGTERM",
      deadline: STOP_DEADLINE,
    });
  }
}

/** The settings of whoever runs the tests must not leak into them. */
function environment({ redis, env }: GatewayOptions, port: number): NodeJS.ProcessEnv {
  const foreign = Object.entries(ownEnvironment).filter(([name]) => !name.startsWith("KEYWIRE_"));
  return {
    ...Object.fromEntries(foreign),
    KEYWIRE_REDIS: redis,
    KEYWIRE_PORT: String(port),
    KEYWIRE_JWT_SECRET: TEST_SECRET,
    ...env,
  };
}

/** The address that the gateway reports once it listens. */
async function listening(process: Running): Promise<string> {
  await waitFor(() => addressIn(process.output()) !== undefined || !process.running, {
    what: "the gateway to listen",
    deadline: START_DEADLINE,
  });
  const address = addressIn(process.output());
  if (address !== undefined) return address.replace(/\/$/, "");
  await process.exited;
  throw new Error(`the gateway did not start; it wrote:\n${process.output()}`);
}

function addressIn(output: string): string | undefined {
  const lines = parseLogs(output).filter(({ msg }) => msg === "listening");
  return lines.map((line) => line["url"]).find((url) => typeof url === "string");
}

function parseLogs(output: string): LogLine[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line): LogLine[] => {
      try {
        return [JSON.parse(line)];
      } catch {
        // The newest line may have been written in part only.
        return [];
      }
    });
}
