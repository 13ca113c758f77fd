import { checkBrokerUrl, masks, shortString } from "../checks.js";
import { checked, choice, duration, integer, optional, size, text } from "../kinds.js";
import { maskCredentials } from "../mask.js";
import { row } from "../row.js";
import { GIB, HOUR, MIB, MILLION, SECOND } from "./quantities.js";

/** What is forwarded to a broker, and what becomes of it while the broker is away. */
export const AMQP = {
  amqpUrl: row(
    "AMQP",
    optional(
      checked(
        text("an AMQP URL: amqp://user:password@host:5672/vhost or amqps://…"),
        checkBrokerUrl,
      ),
    ),
    undefined,
    "The RabbitMQ, or other AMQP 0-9-1 broker, that key events are forwarded to. What follows can be changed at run time, for all gateways on this Redis, but for `amqpMemoryBytes`.",
    { mask: maskCredentials, fromFile: true, fallbackDoc: "none; nothing is forwarded" },
  ),
  amqpMasks: row(
    "AMQP",
    masks(),
    [],
    "Masks of the keys whose events are forwarded, any of which may match: `c` is that byte, `.` any one, `*` zero or more of the one before, `^` in front and `$` behind tie it to the key's begin and end. `ALL` is every key.",
    { fallbackDoc: "none; nothing is forwarded" },
  ),
  amqpEvents: row(
    "AMQP",
    text(
      "letters of event classes, some of g$lshzxetdmn, or A for all but m and n",
      /^[g$lshzxetdmnA]+$/,
    ),
    "xe",
    "The classes of events that are forwarded, by their letters in `notify-keyspace-events`.",
  ),
  amqpExchange: row(
    "AMQP",
    shortString("the name of an exchange"),
    "amq.direct",
    "The exchange to publish to. It must be there.",
  ),
  amqpRoutingKey: row(
    "AMQP",
    shortString("a routing key"),
    "redis_keyspace_events",
    "The routing key to publish with.",
  ),
  amqpDeliveryMode: row(
    "AMQP",
    integer({ min: 1, max: 2 }, "1 or 2,"),
    1,
    "1: messages are gone when the broker restarts; 2: durable queues keep them.",
  ),
  amqpFormat: row(
    "AMQP",
    choice("lines", "json"),
    "lines",
    "The body: `lines` is database, event and key, with line breaks between them; `json` is an event as in the wire protocol.",
  ),
  amqpHeartbeat: row(
    "AMQP",
    duration({ min: 0, max: HOUR }),
    30 * SECOND,
    "How often the broker and the gateway tell each other that they are there, in whole seconds; 0 for never.",
  ),
  amqpFallbackSize: row(
    "AMQP",
    integer({ min: -1_000 * MILLION, max: 1_000 * MILLION }),
    10 * MILLION,
    "How many events are kept in Redis while the broker does not take them; 0 without a limit, a negative number for none.",
  ),
  amqpFallbackPolicy: row(
    "AMQP",
    choice("drop_oldest", "drop_newest"),
    "drop_oldest",
    "Which ones go, and are counted, when more would have to be kept.",
  ),
  amqpUnroutable: row(
    "AMQP",
    choice("keep", "drop"),
    "keep",
    "What becomes of events that the broker has no queue for: `keep` tries them again until there is one, `drop` counts them.",
  ),
  amqpMemoryBytes: row(
    "AMQP",
    size({ min: MIB, max: 64 * GIB }),
    64 * MIB,
    "How many bytes of events wait in memory while neither the broker nor Redis takes them.",
  ),
} as const;
