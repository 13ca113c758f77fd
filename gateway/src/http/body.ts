import { WireError } from "@keywire/shared";
import type { MiddlewareHandler } from "hono";
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
