import { fileURLToPath } from "node:url";
import { reservePort } from "./ports.js";
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
  /** Further settings, `KEYWIRE_…` names; they win over the ones that tests share. */
  readonly env?: Readonly<Record<string, string>>;
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
  const reserved = await reservePort();
  const env = environment(options, reserved.port);
  let process = await launch(env);
  let url = await listening(process);
  const giveBack = hold(async () => {
    await process.kill();
    await reserved.release();
  });
  const end = async (): Promise<Exit> => {
    if (process.running) process.signal("SIGTERM");
    return within(process, STOP_DEADLINE);
  };
  return {
    get url() {
      return url;
    },
    get wsUrl() {
      return `${url.replace(/^http/, "ws")}/v1/ws`;
    },
    get pid() {
      return process.pid;
    },
    get running() {
      return process.running;
    },
    output: () => process.output(),
    logs: () => parseLogs(process.output()),
    kill: () => process.kill(),
    async stop() {
      const exit = await end();
      await giveBack();
      return exit;
    },
    async restart() {
      await end();
      process = await launch(env);
      url = await listening(process);
    },
  };
}

/** The settings of whoever runs the tests must not leak into them. */
function environment({ redis, env }: GatewayOptions, port: number): NodeJS.ProcessEnv {
  const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith("KEYWIRE_"));
  return {
    ...Object.fromEntries(foreign),
    KEYWIRE_REDIS: redis,
    KEYWIRE_PORT: String(port),
    KEYWIRE_JWT_SECRET: TEST_SECRET,
    ...env,
  };
}

function launch(env: NodeJS.ProcessEnv): Promise<Running> {
  return run({ command: process.execPath, args: [PROGRAM, "start"], env });
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

async function within(process: Running, deadline: number): Promise<Exit> {
  return waitFor(() => process.exited, { what: "the gateway to end after SIGTERM", deadline });
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
