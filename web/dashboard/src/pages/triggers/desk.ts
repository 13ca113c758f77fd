import { adminRequest } from "../../admin/admin-request.js";
import { fieldsOf, list, text } from "../../admin/fields.js";

/** A library as somebody writes it. */
export interface Draft {
  readonly source: string;
  /** A JSON object, as it was typed. */
  readonly configuration: string;
}

export interface Call {
  readonly library: string;
  readonly function: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** What one can do with libraries. Whatever is refused is an AdminError. */
export interface Desk {
  fetch(library: string, signal: AbortSignal): Promise<Draft>;
  /** @returns the library's name */
  load(draft: Draft, replace: boolean): Promise<string>;
  remove(library: string): Promise<void>;
  /** @returns what the function answered, as JSON */
  call(call: Call): Promise<unknown>;
}

/** The gateway's admin API. */
export class AdminDesk implements Desk {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async fetch(library: string, signal: AbortSignal): Promise<Draft> {
    const path = `libraries/${encodeURIComponent(library)}?withcode=true`;
    const [answer] = list(await adminRequest(path, { token: this.#token, signal }));
    const { code, configuration } = fieldsOf(answer);
    return { source: text(code), configuration: JSON.stringify(configuration ?? {}) };
  }

  async load({ source, configuration }: Draft, replace: boolean): Promise<string> {
    const config = configuration.trim() || "{}";
    const query = new URLSearchParams({ replace: String(replace), config });
    const options = { token: this.#token, method: "POST", body: source } as const;
    return text(fieldsOf(await adminRequest(`libraries?${query}`, options))["name"]);
  }

  async remove(library: string): Promise<void> {
    const path = `libraries/${encodeURIComponent(library)}`;
    await adminRequest(path, { token: this.#token, method: "DELETE" });
  }

  async call({ library, function: name, keys, args }: Call): Promise<unknown> {
    const path = `libraries/${encodeURIComponent(library)}/call/${encodeURIComponent(name)}`;
    const body = JSON.stringify({ keys, args });
    const answer = await adminRequest(path, { token: this.#token, method: "POST", body });
    return fieldsOf(answer)["result"];
  }
}
