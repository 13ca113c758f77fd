import { WireError } from "@keywire/shared";
import { HttpRefusal, type LibraryDesk } from "../http/index.js";
import {
  LibraryError,
  LibraryFailure,
  LibraryRefusal,
  replyToJson,
  type Triggers,
} from "../triggers/index.js";

/** Trigger libraries as the admin API has them. */
export function libraryDesk(triggers: Triggers, defaultDatabase: number): LibraryDesk {
  return {
    list: (options, name) => told(triggers.list(options, name)),
    load: (source, options) => told(triggers.load(source, options)),
    delete: (name) => told(triggers.delete(name)),
    call: (name, functionName, { db = defaultDatabase, ...request }) =>
      told(triggers.call(name, functionName, { ...request, db }).then(replyToJson)),
  };
}

/** What the caller can mend is told to him; the rest is ours. */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

function refusalOf(error: unknown): WireError | undefined {
  if (error instanceof LibraryError) {
    const { line, message } = error;
    const fields = line === undefined ? {} : { line };
    return new HttpRefusal("bad_request", withLine(message, line), 400, fields);
  }
  if (error instanceof LibraryFailure) {
    if (error.code === "closed" || error.code === "lost") {
      return new WireError("unavailable", error.message);
    }
    return new HttpRefusal("bad_request", error.message, error.code === "unknown" ? 404 : 400);
  }
  if (!(error instanceof LibraryRefusal)) return undefined;
  const { message } = error;
  switch (error.code) {
    case "absent":
      return new HttpRefusal("bad_request", message, 404);
    case "taken":
    case "stream_prefix":
      return new HttpRefusal("bad_request", message, 409);
    case "broken":
    case "unavailable":
      return new WireError("unavailable", message);
  }
}

/** The message with its line, where it does not name one itself. */
export function withLine(message: string, line: number | undefined): string {
  return line === undefined || /\bline \d/.test(message) ? message : `line ${line}: ${message}`;
}
