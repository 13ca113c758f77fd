import { utf8Decode, WireError } from "@keywire/shared";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { errorAnswer } from "./errors.js";

/** Refuses bodies over the size with 413. @param bytes at the most */
export function limitBody(bytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: bytes,
    onError: (context) => {
      // What is left of the body is not read: nothing else can come over this connection.
      context.header("Connection", "close");
      return errorAnswer(context, new WireError("bad_request", `a body takes ${bytes} bytes`), 413);
    },
  });
}

/**
 * The text of a request's body.
 *
 * @throws WireError `bad_request` where it is not UTF-8: read all the same, it would name somebody else
 */
export async function textOf(context: Context): Promise<string> {
  const text = utf8Decode(new Uint8Array(await context.req.arrayBuffer()));
  if (text === null) throw new WireError("bad_request", "the body is not UTF-8, and takes it");
  return text.replace(/^\u{FEFF}/u, "");
}

/**
 * What a request's body says as JSON; undefined where it is none.
 *
 * @throws WireError `bad_request` where it is not UTF-8
 */
export async function jsonOf(context: Context): Promise<unknown> {
  return parseJson(await textOf(context));
}

/** What a text says as JSON; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
