import { createHmac } from "node:crypto";
import { clientFrame, upgradeRequest } from "./frames.mjs";

/** @typedef {import("./plans.mjs").Interest} Interest */
/** @typedef {"keywire" | "keywire-sse" | "json" | "socketio" | "nchan" | "webdis"} DialectName */

/**
 * How a kind of server is spoken to.
 *
 * @typedef {object} Dialect
 * @property {(opening: Opening) => string} request
 * @property {(opening: Opening) => readonly Buffer[]} greeting what is sent as soon as it is open
 * @property {(opening: Opening) => number} answers how many answers make the client ready
 * @property {(text: string, opening: Opening) => "answer" | Buffer | undefined} control reads what
 *   comes before the client is ready: an answer, or something that is to be replied to
 * @property {"lines" | "frames" | "stream"} counting what counts as a delivery: lines of a frame that
 *   are events, whole frames, or events of a stream
 *
 * @typedef {object} Opening
 * @property {readonly Interest[]} interests
 * @property {string} token
 * @property {boolean} value whether values are asked for
 * @property {readonly string[] | undefined} events all where undefined
 * @property {{ readonly epoch: string, readonly offset: number } | undefined} since
 */

/** @type {Dialect} */
const keywire = {
  // As browsers do: they can set no header.
  request: ({ token }) =>
    upgradeRequest("/v1/ws", [`Sec-WebSocket-Protocol: keywire.v1, bearer.${token}`]),
  greeting: ({ interests, value, events, since }) => {
    const messages = interests.map(({ kind, name }) =>
      JSON.stringify({
        type: "subscribe",
        channel: `${kind}:${name}`,
        ...(value ? { value, snapshot: 0 } : {}),
        ...(events === undefined ? {} : { events }),
        ...(since === undefined ? {} : { since }),
      }),
    );
    return chunks(messages, 500).map((part) => clientFrame(part.join("\n")));
  },
  answers: ({ interests }) => interests.length,
  control(text) {
    if (text.startsWith('{"type":"subscribed"')) return "answer";
    if (!text.startsWith('{"type":"welcome"')) throw new Error(`the gateway said ${text}`);
    return undefined;
  },
  counting: "lines",
};

/** @type {Dialect} */
const keywireSse = {
  request: ({ interests, token }) => {
    const query = interests.map(({ kind, name }) => `channel=${kind}:${name}`).join("&");
    return [
      `GET /v1/sse?${query} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Accept: text/event-stream",
      `Authorization: Bearer ${token}`,
      "\r\n",
    ].join("\r\n");
  },
  greeting: () => [],
  answers: () => 0,
  control: () => undefined,
  counting: "stream",
};

/** @type {Dialect} The floor's and the naive server's. */
const json = {
  request: () => upgradeRequest("/", []),
  greeting: ({ interests }) => [clientFrame(JSON.stringify({ subscribe: interests }))],
  answers: () => 1,
  control: () => "answer",
  counting: "frames",
};

/** @type {Dialect} Engine.IO 4 and Socket.IO 5 on top of it. */
const socketio = {
  request: () => upgradeRequest("/socket.io/?EIO=4&transport=websocket", []),
  greeting: () => [clientFrame("40")],
  answers: () => 1,
  control(text, { interests }) {
    if (text.startsWith("40")) return clientFrame(`42${JSON.stringify(["subscribe", interests])}`);
    return text.startsWith('42["subscribed"') ? "answer" : undefined;
  },
  counting: "frames",
};

/** @type {Dialect} */
const nchan = {
  request: ({ interests }) => upgradeRequest(`/sub?id=${interests[0]?.name}`, []),
  greeting: () => [],
  answers: () => 0,
  control: () => undefined,
  counting: "frames",
};

/** @type {Dialect} */
const webdis = {
  // It answers none without an origin.
  request: () => upgradeRequest("/.json", ["Origin: http://127.0.0.1"]),
  greeting: ({ interests }) =>
    interests.map(({ kind, name }) =>
      clientFrame(
        JSON.stringify(
          kind === "key"
            ? ["SUBSCRIBE", `__keyspace@0__:${name}`]
            : ["PSUBSCRIBE", `__keyspace@0__:${name}*`],
        ),
      ),
    ),
  answers: ({ interests }) => interests.length,
  control: () => "answer",
  counting: "frames",
};

/** @type {Readonly<Record<DialectName, Dialect>>} */
export const DIALECTS = { keywire, "keywire-sse": keywireSse, json, socketio, nchan, webdis };

/**
 * A JWT as the gateway takes it, HS256.
 *
 * @param {string} user
 * @param {string} secret
 */
export function token(user, secret) {
  const part = (/** @type {object} */ value) =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    sub: user,
    iat: now,
    exp: now + 3_600,
    keywire: { grants: [{ keys: "*", values: true }] },
  };
  const signed = `${part({ alg: "HS256" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {number} size
 */
function chunks(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}
