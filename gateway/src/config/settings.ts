import {
  checkBrokerUrl,
  checkOrigin,
  checkRedisUrl,
  checkWebUrl,
  grantTemplates,
  masks,
  publicKey,
  shortString,
} from "./checks.js";
import {
  checked,
  choice,
  duration,
  flag,
  integer,
  json,
  list,
  optional,
  size,
  text,
} from "./kinds.js";
import { hide, maskCredentials } from "./mask.js";
import { row, type Setting } from "./row.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1_024;
const MIB = 1_024 * KIB;
const GIB = 1_024 * MIB;
const MILLION = 1_000_000;

const ALGORITHMS = choice(
  ...(["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
);

/**
 * Every setting of the gateway. The environment (`KEYWIRE_REDIS`), the file (`redis`), the flag
 * (`--redis`), the validation and docs/configuration.md all come from here. Durations are held in ms,
 * sizes in bytes.
 */
export const SETTINGS = {
  host: row(
    "Server",
    text("a host name or address", /^[^\s/]+$/),
    "127.0.0.1",
    "The address to listen on; `0.0.0.0` or `::` for all of them.",
  ),
  port: row(
    "Server",
    integer({ min: 0, max: 65_535 }, "a port"),
    8_080,
    "The port to listen on; 0 picks a free one.",
  ),
  logLevel: row(
    "Server",
    choice("fatal", "error", "warn", "info", "debug", "trace", "silent"),
    "info",
    "The least important log lines to write. They are JSON, one per line, on stdout.",
  ),
  workers: row(
    "Server",
    integer({ min: 1, max: 256 }, "gateways"),
    1,
    "How many whole gateways `keywire start` runs on the port, a process each: as many as there are cores to spare. They share nothing but the port, so limits are those of each.",
  ),
  drainTimeout: row(
    "Server",
    duration({ min: 0, max: HOUR }),
    30 * SECOND,
    "How long sessions may take to leave after SIGTERM before they are cut off.",
  ),
  trustProxy: row(
    "Server",
    flag(),
    false,
    "Take the client's address from `X-Forwarded-For`. Only behind a proxy that sets it: clients can forge it otherwise.",
  ),
  allowedOrigins: row(
    "Server",
    optional(
      list(
        "origins, comma separated, as in https://app.example,http://localhost:5173",
        checked(text("an origin"), checkOrigin),
      ),
    ),
    undefined,
    "The origins whose pages may connect. Programs that send no `Origin` header are not concerned.",
    { fallbackDoc: "the gateway's own" },
  ),

  redis: row(
    "Redis",
    optional(
      checked(
        text(
          "a Redis URL: redis://host:6379/0, rediss://…, redis+cluster://h1:p1,h2:p2 or redis+sentinel://h1:p1,h2:p2/name",
        ),
        checkRedisUrl,
      ),
    ),
    undefined,
    "The Redis or Valkey to serve: `redis://[user:password@]host:port/db`, `rediss://…` over TLS, `redis+cluster://h1:p1,h2:p2`, `redis+sentinel://h1:p1,h2:p2/name`. Its database is the one that channels without `@` mean. `keywire dev` starts a private server where it is not set.",
    { mask: maskCredentials, fromFile: true, fallbackDoc: "none; required" },
  ),
  notifyEvents: row(
    "Redis",
    choice("auto", "check", "off"),
    "auto",
    "What to do about `notify-keyspace-events`: `auto` adds the flags that are missing on each node, `check` is not ready without them, `off` trusts that they are set.",
  ),
  patternBudget: row(
    "Redis",
    integer({ min: 0, max: 1_000 }),
    8,
    "How many patterns to subscribe to on one node before they are folded into broader ones; each costs Redis 25 ns per event.",
  ),

  jwtSecret: row(
    "Tokens",
    optional(text("the secret that tokens are signed with")),
    undefined,
    "The secret of HS256, HS384 and HS512 tokens; at least 32 random bytes. One of `jwtSecret`, `jwtJwksUrl` and `jwtPublicKey` is required, but for `keywire dev`.",
    { mask: hide, fromFile: true, fallbackDoc: "none" },
  ),
  jwtJwksUrl: row(
    "Tokens",
    optional(checked(text("an https:// or http:// URL"), checkWebUrl)),
    undefined,
    "Where the identity provider publishes its public keys (a JSON Web Key Set). They are fetched again when a token names an unknown key.",
    { mask: maskCredentials, fromFile: true, fallbackDoc: "none" },
  ),
  jwtPublicKey: row(
    "Tokens",
    optional(publicKey()),
    undefined,
    "The public key of the tokens' issuer, in PEM (SPKI) or as a JSON Web Key. `\\n` may stand for line breaks.",
    { mask: hide, fromFile: true, fallbackDoc: "none" },
  ),
  jwtAlgorithms: row(
    "Tokens",
    optional(list(`algorithms, comma separated, of ${ALGORITHMS.takes}`, ALGORITHMS)),
    undefined,
    "The signature algorithms that are accepted. `HS…` goes with a secret, the others with public keys; `none` never.",
    { fallbackDoc: "by the type of the key" },
  ),
  jwtIssuer: row(
    "Tokens",
    optional(text("the text of the claim")),
    undefined,
    "What the claim `iss` must be.",
    { fallbackDoc: "not checked" },
  ),
  jwtAudience: row(
    "Tokens",
    optional(text("the text of the claim")),
    undefined,
    "What the claim `aud` must be, or contain.",
    { fallbackDoc: "not checked" },
  ),
  jwtClockTolerance: row(
    "Tokens",
    duration({ min: 0, max: 5 * MINUTE }),
    5 * SECOND,
    "How far the issuer's clock may be off when `exp` and `nbf` are checked.",
  ),
  jwtClaim: row(
    "Tokens",
    text("the name of a claim"),
    "keywire",
    "The claim that holds a token's grants.",
  ),
  roles: row(
    "Tokens",
    optional(
      json(
        `a JSON object of grants by role, as in {"customer":[{"keys":"user:\${sub}:*"}]}`,
        grantTemplates,
      ),
    ),
    undefined,
    `Grants for tokens that name \`roles\` instead of listing them: a JSON object, role to list of grants. \`\${sub}\` and other claims of the token are filled in, escaped: \`{"customer":[{"keys":"user:\${sub}:*","values":true}]}\`.`,
    { fromFile: true, fallbackDoc: "none" },
  ),
  tokenCookie: row(
    "Tokens",
    optional(text("the name of a cookie", /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/)),
    undefined,
    "The cookie that may carry an SSE client's token, for pages that cannot set a header.",
    { fallbackDoc: "none" },
  ),

  historySize: row(
    "Channels",
    integer({ min: 0, max: 100_000 }),
    300,
    "How many messages each channel keeps, for clients that come back.",
  ),
  historyTtl: row(
    "Channels",
    duration({ min: 0, max: DAY }),
    60 * SECOND,
    "How long they are kept.",
  ),
  historyBytes: row(
    "Channels",
    size({ min: 0, max: GIB }),
    MIB,
    "How many bytes of them each channel keeps.",
  ),
  linger: row(
    "Channels",
    duration({ min: 0, max: HOUR }),
    15 * SECOND,
    "How long a channel and its Redis subscription outlive their last client.",
  ),

  maxValueBytes: row(
    "Values",
    size({ min: 1, max: 512 * MIB }),
    64 * KIB,
    "The largest value that is fetched and delivered; of a larger one its size is told.",
  ),
  maxValueElements: row(
    "Values",
    integer({ min: 1, max: 10 * MILLION }),
    1_000,
    "The most elements of a hash, list, set or sorted set that are fetched and delivered.",
  ),
  valueCacheBytes: row(
    "Values",
    size({ min: 0, max: 64 * GIB }),
    16 * MIB,
    "How many bytes of values are kept in memory, for as long as a live subscription keeps them fresh.",
  ),
  promptExpiry: row(
    "Values",
    flag(),
    true,
    "Touch keys whose expiry was delivered when they are due, so that Redis tells `expired` at once instead of when it happens to find them.",
  ),

  libraries: row(
    "Triggers",
    optional(list("files, comma separated, as in shop.js,audit.js", text("a file"))),
    undefined,
    "JavaScript libraries to load at the start, for all gateways on this Redis. One that is loaded already under the same name is replaced if its source differs; its configuration and statistics stay.",
    { fallbackDoc: "none" },
  ),
  triggerQueue: row(
    "Triggers",
    integer({ min: 1, max: 10 * MILLION }),
    100_000,
    "Events that may wait for one library. What comes beyond that takes the place of the oldest, which is counted as missed.",
  ),

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

  heartbeat: row(
    "Sessions",
    duration({ min: SECOND, max: HOUR }),
    25 * SECOND,
    "How often the gateway pings each WebSocket.",
  ),
  heartbeatTimeout: row(
    "Sessions",
    duration({ min: 100, max: HOUR }),
    10 * SECOND,
    "How long an answer may take before the connection is closed (4408).",
  ),
  authTimeout: row(
    "Sessions",
    duration({ min: 100, max: HOUR }),
    10 * SECOND,
    "How long a connection may take to bring a token (4401).",
  ),
  outboxBytes: row(
    "Sessions",
    size({ min: KIB, max: GIB }),
    MIB,
    "How many bytes may wait for one slow client.",
  ),
  slowConsumer: row(
    "Sessions",
    choice("gap", "disconnect"),
    "gap",
    "What happens when more would have to wait: `gap` drops what waits and tells the client so, `disconnect` closes (4413).",
  ),

  leaseTtl: row(
    "Sharing work",
    duration({ min: 2 * SECOND, max: MINUTE }),
    4 * SECOND,
    "How long a gateway that ended without a word keeps its share of triggers and sinks from the others. It is renewed four times in that time, and work stops when Redis is away for longer.",
  ),
  leaseBacklogEntries: row(
    "Sharing work",
    integer({ min: 1_000, max: 100 * MILLION }),
    500_000,
    "How many events each kind of work (triggers, a sink) keeps that no worker has been given: those of other gateways until they are known to be done, and its own while Redis is away. Past it the oldest are dropped and counted.",
  ),
  leaseBacklogBytes: row(
    "Sharing work",
    size({ min: MIB, max: 64 * GIB }),
    256 * MIB,
    "How many bytes of them.",
  ),

  maxSessions: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    20_000,
    "Sessions at a time, in all.",
  ),
  maxSessionsPerUser: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    100,
    "Sessions at a time of one user, by the claim `sub`.",
  ),
  maxSessionsPerAddress: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    1_000,
    "Sessions at a time from one address.",
  ),
  maxSubscriptions: row(
    "Limits",
    integer({ min: 1, max: 100_000 }),
    128,
    "Subscriptions of one session.",
  ),
  maxMessageBytes: row(
    "Limits",
    size({ min: KIB, max: 64 * MIB }),
    64 * KIB,
    "The size of one message from a client (1009).",
  ),
  messageRate: row(
    "Limits",
    integer({ min: 1, max: MILLION }, "messages per second"),
    50,
    "Messages that one session may send, per second, in the long run.",
  ),
  messageBurst: row(
    "Limits",
    integer({ min: 1, max: MILLION }),
    200,
    "Messages that one session may send at once.",
  ),
  upgradeRate: row(
    "Limits",
    integer({ min: 1, max: MILLION }, "connections per second"),
    2_000,
    "New connections per second, in all.",
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** The values of all settings: durations in ms, sizes in bytes. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

/** What the gateway runs with. */
export interface Config extends Settings {
  /** True under `keywire dev` alone. */
  readonly dev: boolean;
}

/** The row, its value's type forgotten: for code that treats all rows alike. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as Setting<unknown>;
}
