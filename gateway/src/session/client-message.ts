import { type ClientMessage, type SubscribeMessage, WireError } from "@keywire/shared";
import { z } from "zod";

/** A client's own mark on a request, echoed in the answer. */
export type RequestId = number | string;

const MAX_ID = 128;
const AN_ID = `a number, or text of up to ${MAX_ID} characters`;
const id = z.custom<RequestId>(isId, AN_ID).optional();
const channel = z.string('text such as "prefix:order:"');
const offset = z.int("an integer").min(0, "an integer from 0");

const MESSAGES = {
  auth: z.object({ type: z.literal("auth"), token: z.string("the text of a JWT") }),
  subscribe: z.object({
    type: z.literal("subscribe"),
    id,
    channel,
    events: z
      .array(z.string("event names"), 'a list of event names, as in ["set","del"]')
      .optional(),
    value: z.boolean("true or false").optional(),
    snapshot: z.int("how many keys, an integer").min(0, "an integer from 0").optional(),
    fields: z
      .union([z.boolean(), z.array(z.string())], "true, false or a list of field names")
      .optional(),
    since: z
      .object(
        { epoch: z.string("text"), offset },
        'a place such as {"epoch":"k3f9a2","offset":123}',
      )
      .optional(),
  }),
  unsubscribe: z.object({ type: z.literal("unsubscribe"), id, channel }),
  ping: z.object({ type: z.literal("ping") }),
} as const;

/** What a `subscribe` may say beside these. */
const OPTIONS = Object.keys(MESSAGES.subscribe.omit({ type: true, id: true, channel: true }).shape);
const KINDS = Object.keys(MESSAGES).join(", ");

/** A message that is none, and the id of the request where it has a readable one. */
export class Malformed extends WireError {
  constructor(message: string, id?: RequestId) {
    super("bad_request", message, { id });
  }
}

/**
 * Reads one message of a client. Fields that nobody knows are ignored.
 *
 * @throws Malformed saying which field got what and what it takes
 */
export function parseClientMessage(text: string): ClientMessage {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Malformed(`a message is a JSON object with a "type", one of ${KINDS}`);
  }
  const plain = plainMessage(value);
  if (plain !== undefined) return plain;
  const { type } = value as { type?: unknown };
  const schema = typeof type === "string" ? schemaOf(type) : undefined;
  if (schema === undefined) {
    throw new Malformed(`"type" is ${show(type)}, and takes one of ${KINDS}`, idOf(value));
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as ClientMessage;
  throw new Malformed(`${show(type)}: ${explain(parsed.error, value)}`, idOf(value));
}

/** A message as nearly all are, without options: zod, which reads the others, takes several times as long. */
function plainMessage(value: Partial<Record<string, unknown>>): ClientMessage | undefined {
  const { type, id, channel, token } = value;
  if (type === "ping") return { type };
  if (type === "auth") return typeof token === "string" ? { type, token } : undefined;
  if (type !== "subscribe" && type !== "unsubscribe") return undefined;
  if (typeof channel !== "string") return undefined;
  if (type === "subscribe" && OPTIONS.some((name) => value[name] !== undefined)) return undefined;
  if (id === undefined) return { type, channel };
  return isId(id) ? { type, id, channel } : undefined;
}

/**
 * Reads a `subscribe` message.
 *
 * @throws Malformed also where it is another message
 */
export function parseSubscribe(text: string): SubscribeMessage {
  const message = parseClientMessage(text);
  if (message.type === "subscribe") return message;
  throw new Malformed(`"type" is ${show(message.type)}, and takes "subscribe" here`);
}

/** What a message asks that is not read otherwise, as far as that can be told. */
export function glanceAt(text: string): {
  readonly type?: unknown;
  readonly id?: RequestId | undefined;
} {
  try {
    const value: unknown = JSON.parse(text);
    return { type: Object(value).type, id: idOf(value) };
  } catch {
    return {};
  }
}

function idOf(value: unknown): RequestId | undefined {
  if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
  return isId(value.id) ? value.id : undefined;
}

function isId(value: unknown): value is RequestId {
  if (typeof value === "string") return value.length <= MAX_ID;
  return typeof value === "number" && Number.isFinite(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed(`a message is JSON, and ${show(text)} is not`);
  }
}

function schemaOf(type: string): z.ZodType | undefined {
  return Object.hasOwn(MESSAGES, type) ? MESSAGES[type as keyof typeof MESSAGES] : undefined;
}

function explain(error: z.ZodError, value: object): string {
  return error.issues
    .map(({ path, message }) => {
      const got = path.reduce<unknown>((at, step) => Object(at)[step], value);
      const what = got === undefined ? "is missing" : `is ${show(got)}`;
      return `"${path.join(".")}" ${what}, and takes ${message}`;
    })
    .join("; ");
}

/** As an error quotes it: short, so that a hostile one does not flood the answer. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
