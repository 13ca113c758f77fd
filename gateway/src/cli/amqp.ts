import { CLIENT_VARIABLES } from "../config.js";
import { visible } from "../observe/visible.js";
import { statusLines } from "./amqp/lines.js";
import { type Order, readOrder } from "./amqp/order.js";
import { type Command, type Context, ExitCode } from "./command.js";
import { DEFAULT_URL } from "./gateway/admin-at.js";
import { commandHelp } from "./help.js";

const TEXT = `
Shows and changes the AMQP forwarder of a running gateway, and of every other one on the same Redis.

  keywire amqp status                             connection, counts, fallback, configuration
  keywire amqp set exchange=amq.topic format=json change settings, all of them or none
  keywire amqp reset exchange                     back to what the gateways were started with
  keywire amqp connect                            end what disconnect began, and try at once
  keywire amqp disconnect                         stay disconnected; events go into the fallback
  keywire amqp masks                              show the key masks
  keywire amqp masks set '^order:.*$' '^user:'    forward these keys
  keywire amqp masks add ALL                      these as well
  keywire amqp masks clean                        forward nothing
  keywire amqp fallback                           how many events the fallback holds
  keywire amqp fallback purge                     throw them away

Settings: masks, events, exchange, routingKey, deliveryMode, format, heartbeat, fallbackSize,
fallbackPolicy, unroutable; \`keywire help start\` tells what each takes, as --amqp-….
`;

export const amqp: Command = {
  help: () =>
    commandHelp("keywire amqp status|set|reset|connect|disconnect|masks|fallback … [FLAGS]", TEXT, [
      {
        title: "Flags",
        rows: [
          ["--json", "Print what the gateway answers, as JSON."],
          [
            "--url URL",
            `The gateway, or the dashboard's address as \`keywire dev\` prints it. Default: $${CLIENT_VARIABLES.url}, else ${DEFAULT_URL}.`,
          ],
          [
            "--token TOKEN",
            `An admin's token. Default: $${CLIENT_VARIABLES.token}, which no list of processes shows, else the one in the address.`,
          ],
        ],
      },
    ]),

  async run(context: Context) {
    const order = readOrder(context);
    const { method, path, body, json, admin } = order;
    const answer = await admin.ask(method, `sinks/amqp${path}`, {}, body);
    if (json) context.stdout.line(JSON.stringify(answer, undefined, 2));
    else for (const line of linesOf(order, answer, context)) context.stdout.line(line);
    return ExitCode.Fine;
  },
};

function linesOf({ shows }: Order, answer: unknown, { stdout }: Context): string[] {
  const { length, purged, configuration } = Object(answer) as Record<string, unknown>;
  switch (shows) {
    case "length":
      return [String(length)];
    case "purged":
      return [`${purged} events were thrown away`];
    case "masks": {
      const { masks } = Object(configuration) as { masks?: unknown };
      const list = Array.isArray(masks) ? masks : [];
      return list.length === 0 ? ["no masks: nothing is forwarded"] : list.map(visibleText);
    }
    case "status":
      return statusLines(answer, stdout);
  }
}

function visibleText(value: unknown): string {
  return visible(String(value));
}
