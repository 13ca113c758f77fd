import { type ClientMessage, WireError } from "@keywire/shared";
import { z } from "zod";

/** A client's own mark on a request, echoed in the answer. */
export type RequestId = number | string;

const id = z.union([z.number(), z.string().max(128)]).optional();
const eventName = z.string().min(1).max(64);

const MESSAGES = {
  auth: z.object({ type: z.literal("auth"), token: z.string().min(1) }),
  subscribe: z.object({
    type: z.literal("subscribe"),
    id,
    channel: z.string(),
    events: z.array(eventName).min(1).max(64).optional(),
    value: z.boolean().optional(),
    snapshot: z.number().int().min(0).max(100_000).optional(),
    fields: z.union([z.boolean(), z.array(z.string()).min(1).max(64)]).optional(),
    since: z.object({ epoch: z.string().max(64), offset: z.number().int().min(0) }).optional(),
  }),
  unsubscribe: z.object({ type: z.literal("unsubscribe"), id, channel: z.string() }),
  ping: z.object({ type: z.literal("ping") }),
} as const;

const KINDS = Object.keys(MESSAGES).join(", ");

/** A message that is none, and the id of the request where it has a readable one. */
export class Malformed extends WireError {
  readonly id: RequestId | undefined;

  constructor(message: string, id?: RequestId) {
    super("bad_request", message);
    this.id = id;
  }
}

/**
 * Reads one message of a client.
 *
 * @throws Malformed saying which field got what and what it takes
 */
export function parseClientMessage(text: string): ClientMessage {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Malformed(`a message is a JSON object with a "type", one of ${KINDS}`);
  }
  const { type, id: mark } = value as { type?: unknown; id?: unknown };
  const readable = typeof mark === "number" || typeof mark === "string" ? mark : undefined;
  const schema = typeof type === "string" ? schemaOf(type) : undefined;
  if (schema === undefined) {
    throw new Malformed(`"type" is ${show(type)}, and takes one of ${KINDS}`, readable);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as ClientMessage;
  throw new Malformed(`${show(type)}: ${explain(parsed.error)}`, readable);
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

function explain(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.length === 0 ? "it" : `"${path.join(".")}"`}: ${message}`)
    .join("; ");
}

/** As an error quotes it: short, so that a hostile one does not flood the answer. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
