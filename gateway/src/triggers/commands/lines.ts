import type { Clock } from "@keywire/shared";
import { Line } from "./line.js";
import { addressOf, type Credentials, type Endpoint, type Whereabouts } from "./ports.js";

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
    const id = lineId(endpoint, db);
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
    const isKept = ofThese([...primaries.values()]);
    for (const [id, line] of this.#lines) if (!isKept(id) && line.isIdle) line.close();
  }

  close(): void {
    for (const line of [...this.#lines.values()]) line.close();
  }
}

/** A connection to one node and one of its databases. */
export function lineId(endpoint: Endpoint, db: number): string {
  return `${addressOf(endpoint)}/${db}`;
}

/** Tells whether the id of a connection, or a node's address, is about one of these nodes. */
export function ofThese(endpoints: readonly Endpoint[]): (id: string) => boolean {
  const addresses = new Set(endpoints.map(addressOf));
  return (id) => addresses.has(id.replace(/\/\d+$/, ""));
}
