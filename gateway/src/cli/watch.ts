import { connect, type Subscription, type Wire } from "@keywire/client";
import { WebSocket } from "ws";
import { CLIENT_VARIABLES, type Flags, parseFlags } from "../config.js";
import { visible } from "../observe/visible.js";
import { type Command, CommandError, type Context, ExitCode, usageError } from "./command.js";
import { parseGatewayAddress } from "./gateway/address.js";
import { DEFAULT_URL } from "./gateway/admin-at.js";
import { commandHelp } from "./help.js";
import { reasonOf, style } from "./output.js";
import { listenForStop } from "./stop.js";
import { messageLine } from "./watch/lines.js";

const OPTIONS = {
  url: { type: "string" },
  token: { type: "string" },
  events: { type: "string" },
  json: { type: "boolean" },
} as const;

const TEXT = `
Subscribes to channels of a running gateway and prints their events as they happen, and every gap in
which some may be missing. It reconnects by itself, until Ctrl-C.

  keywire watch prefix:order:              every key that begins with order:
  keywire watch key:order:42               one key
  keywire watch 'pattern:order:*:total'    every key that matches
  keywire watch event:expired              every key that expires
  keywire watch 'prefix@3:order:'          in database 3; @* in all
`;

export const watch: Command = {
  help: () =>
    commandHelp("keywire watch CHANNEL… [FLAGS]", TEXT, [
      {
        title: "Flags",
        rows: [
          [
            "--url URL",
            `The gateway, or the dashboard's address as \`keywire dev\` prints it. Default: $${CLIENT_VARIABLES.url}, else ${DEFAULT_URL}.`,
          ],
          [
            "--token TOKEN",
            `The token. Default: $${CLIENT_VARIABLES.token}, which no list of processes shows, else the one in the address.`,
          ],
          ["--events NAMES", "Only these events, comma separated: set,del,expired."],
          ["--json", "Print the messages as the gateway sends them, one JSON object per line."],
        ],
      },
    ]),

  async run(context: Context) {
    const rules = { options: OPTIONS, settings: false, positionals: true };
    const request = readRequest(parseFlags(context.argv, rules), context);
    const stop = listenForStop((error) => context.stderr.line(reasonOf(error)));
    const wire = connect(request.socket, {
      WebSocket,
      fetch: tellingFetch,
      token: () => request.token,
    });
    try {
      const reason = await Promise.race([watchAll(wire, request, context), stop.requested]);
      if (reason?.kind === "crash") throw reason.error;
    } finally {
      wire.close();
      stop.release();
    }
    return ExitCode.Fine;
  },
};

/** Node's own says that it failed, and hides why in the cause. */
const tellingFetch: typeof fetch = async (...request) => {
  try {
    return await fetch(...request);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw cause === undefined ? error : new Error(reasonOf(cause), { cause });
  }
};

interface Request {
  readonly socket: string;
  readonly token: string;
  readonly channels: readonly string[];
  readonly events: readonly string[] | undefined;
  readonly json: boolean;
}

function readRequest(flags: Flags<typeof OPTIONS>, { env }: Context): Request {
  const { options, positionals: channels } = flags;
  const faults = [...flags.faults];
  const url = options.url ?? (env[CLIENT_VARIABLES.url] || DEFAULT_URL);
  const address = parseGatewayAddress(url);
  const token = options.token ?? (env[CLIENT_VARIABLES.token] || address?.token);
  if (channels.length === 0) faults.push("no channel is given, as in prefix:order:");
  if (address === undefined) {
    faults.push(`${JSON.stringify(url)} is no gateway's address, as ${DEFAULT_URL} is`);
  } else if (token === undefined) {
    faults.push(`there is no token; give it with $${CLIENT_VARIABLES.token} or --token`);
  }
  if (faults.length > 0 || address === undefined || token === undefined) {
    throw usageError("watch", faults);
  }
  const events = options.events?.split(",").map((name) => name.trim());
  return { socket: address.socket, token, channels, events, json: options.json };
}

/** Prints until every subscription has ended; rejects where the last one was refused. */
async function watchAll(wire: Wire, request: Request, context: Context): Promise<undefined> {
  reportConnection(wire, request, context);
  const options = request.events === undefined ? {} : { events: request.events };
  const loops = request.channels.map((channel) =>
    print(wire.subscribe(channel, options), request, context),
  );
  const outcomes = await Promise.allSettled(loops);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw new CommandError(reasonOf(failed.reason));
  return undefined;
}

async function print(
  subscription: Subscription,
  { json, channels }: Request,
  { stdout, stderr }: Context,
): Promise<void> {
  subscription.on("state", ({ state, reason }) => {
    if (state !== "refused" || channels.length === 1) return;
    const refused = `${visible(subscription.channel)} is not watched: ${reason}`;
    stderr.line(style(stderr, "red", refused));
  });
  for await (const message of subscription) {
    stdout.line(json ? JSON.stringify(message) : messageLine(message, stdout, channels.length > 1));
    // A reader that is slow is told of a gap: what waits for it stays bounded.
    await stdout.flowing();
  }
}

function reportConnection(wire: Wire, { socket, channels }: Request, { stderr }: Context): void {
  const say = (text: string) => stderr.line(style(stderr, "dim", text));
  wire.on("welcome", ({ user }) => {
    say(`watching ${channels.map(visible).join(", ")} as ${visible(user)}; Ctrl-C ends it`);
  });
  wire.on("state", ({ state, previous, reason }) => {
    if (state !== "waiting") return;
    const what = previous === "open" ? "lost" : "has not been reached yet";
    say(`the gateway at ${socket} ${what}${reason === "" ? "" : ` (${reason})`}; trying again`);
  });
  wire.on("goodbye", () => say("the gateway says goodbye; coming back to it in a moment"));
  wire.on("error", (error) => stderr.line(style(stderr, "yellow", visible(error.message))));
}
