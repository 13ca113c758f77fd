import type { Clock } from "@keywire/shared";
import { Line } from "./line.js";
import type { Credentials, Endpoint, Whereabouts } from "./ports.js";

/** The connections that are open, one for each node and database. */
export class Lines {
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #ended: (wasOpen: boolean) => void;
  readonly #lines = new Map<string, Line>();

  /** @param ended told when one can be used no more, whether it was open, before its requests fail */
  constructor(credentials: Credentials, clock: Clock, ended: (wasOpen: boolean) => void) {
    this.#credentials = credentials;
    this.#clock = clock;
    this.#ended = ended;
  }

  to(endpoint: Endpoint, db: number): Line {
    const id = `${endpoint.host}:${endpoint.port}/${db}`;
    const open = this.#lines.get(id);
    if (open !== undefined) return open;
    const line = new Line(endpoint, db, this.#credentials, this.#clock, (_error, wasOpen) => {
      this.#lines.delete(id);
      this.#ended(wasOpen);
    });
    this.#lines.set(id, line);
    return line;
  }

  /** Closes those to where no primary is any more, unless they are owed an answer. */
  dismissIdle({ primaries }: Whereabouts): void {
    const addresses = new Set([...primaries.values()].map(({ host, port }) => `${host}:${port}`));
    for (const [id, line] of this.#lines) {
      if (!addresses.has(id.replace(/\/\d+$/, "")) && line.isIdle) line.close();
    }
  }

  close(): void {
    for (const line of [...this.#lines.values()]) line.close();
  }
}
