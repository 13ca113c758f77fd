import { visible } from "../../observe/visible.js";
import { CommandError } from "../command.js";
import { reasonOf } from "../output.js";

/** The gateway refused, in its own words. */
export class AdminRefusal extends CommandError {
  /** The line of a source that it is about. */
  readonly line: number | undefined;

  constructor(message: string, line: number | undefined) {
    super(message);
    this.line = line;
  }
}

/** A gateway's admin API, as a command asks it. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string;

  /** @param base `http://127.0.0.1:8080/v1/admin/` */
  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  /**
   * @param path behind the base, its parts encoded
   * @throws AdminRefusal with the gateway's own words where it refuses
   */
  async ask(method: string, path: string, query: Query = {}, body?: string): Promise<unknown> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers = { authorization: `Bearer ${this.#token}` };
    const request = { method, headers, ...(body === undefined ? {} : { body }) };
    const response = await fetch(url, request).catch((cause: unknown) => {
      const why = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
      const message = `the gateway at ${url.origin} cannot be reached (${reasonOf(why)}); --url says where it is`;
      throw new CommandError(message, undefined, { cause });
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    const { message, line } = errorIn(answer);
    throw new AdminRefusal(
      visible(typeof message === "string" ? message : `the gateway answered ${response.status}`),
      typeof line === "number" ? line : undefined,
    );
  }
}

export type Query = Readonly<Record<string, string | undefined>>;

function errorIn(answer: unknown): { readonly message?: unknown; readonly line?: unknown } {
  return Object(Object(answer)["error"]);
}
