import type { Library } from "../engine/ports.js";
import { define, movedStreamTrigger, type Origin, writeDefinition } from "./definition.js";
import type { Followers } from "./followers.js";
import type { LocalCopy } from "./local-copy.js";
import type { LibrariesPorts } from "./ports.js";
import { absent, LibraryRefusal, streamPrefixFixed, taken, unconfirmed } from "./refusal.js";
import type { Entry } from "./shelf.js";
import { within } from "./within.js";

/** How often a change is tried anew where another gateway was first. */
const TRIES = 5;

export interface LoadOptions {
  /** Takes the place of a library of the same name, where there is one. */
  readonly replace?: boolean;
  /** Seen by the code as `redis.config`; `{}` where absent. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export interface Loaded {
  readonly name: string;
  /** Whether it took another one's place. */
  readonly replaced: boolean;
}

type ChangesPorts = Pick<
  LibrariesPorts,
  "store" | "shelf" | "open" | "user" | "newId" | "clock" | "report"
>;

/** Changes libraries for all gateways: a change counts once Redis took it, and only where nobody was first. */
export class Changes {
  readonly #ports: ChangesPorts;
  readonly #copy: LocalCopy;
  readonly #followers: Followers;

  constructor(ports: ChangesPorts, copy: LocalCopy, followers: Followers) {
    this.#ports = ports;
    this.#copy = copy;
    this.#followers = followers;
  }

  /** @throws LibraryError where it is no library, LibraryRefusal `taken`, `stream_prefix`, `unavailable` */
  async load(source: string, options: LoadOptions): Promise<Loaded> {
    const { shelf, open, user, report } = this.#ports;
    const { replace = false, configuration = {} } = options;
    await this.#mustRead();
    const library = await open(source, {
      configuration,
      compiled: ({ name }) => {
        if (!replace && shelf.get(name) !== undefined) throw taken(name);
      },
    });
    try {
      const origin = { source, configuration, user };
      const { entry, replaced } = await this.#keep(library, origin, replace);
      await this.#copy.changed(entry.revision);
      report({ event: replaced ? "replaced" : "loaded", library: entry.name });
      await this.#followers.tell(this.#copy.version);
      return { name: entry.name, replaced };
    } catch (error) {
      if (shelf.get(library.name)?.library !== library) await library.close();
      throw error;
    }
  }

  /** @throws LibraryRefusal `absent`, `unavailable` */
  async remove(name: string): Promise<void> {
    const { shelf, store, clock, report } = this.#ports;
    for (let tries = 0; tries < TRIES; tries++) {
      await this.#mustRead();
      const held = shelf.get(name);
      if (held === undefined) throw absent(name);
      const removing = store.remove(name, held.definition.life, held.revision);
      const version = await within(clock, removing).catch((cause: unknown) => {
        throw unconfirmed(`${name} is deleted`, cause);
      });
      if (version === undefined) continue;
      shelf.remove(name);
      await this.#copy.changed(version);
      report({ event: "deleted", library: name });
      await this.#followers.tell(this.#copy.version);
      return;
    }
    throw contended(name);
  }

  async #keep(
    library: Library,
    origin: Origin,
    replace: boolean,
  ): Promise<{ entry: Entry; replaced: boolean }> {
    const { shelf, store, newId, clock } = this.#ports;
    const { name } = library;
    for (let tries = 0; tries < TRIES; tries++) {
      const held = shelf.get(name);
      if (held !== undefined && !replace) throw taken(name);
      const moved = held && movedStreamTrigger(library, held.definition);
      if (moved !== undefined) throw streamPrefixFixed(name, moved);
      const definition = define(library, origin, held?.definition, newId);
      const revision = `${definition.life}.${newId()}`;
      const kept = { revision, text: writeDefinition(definition) };
      const saved = await within(clock, store.save(name, kept, held?.revision ?? null)).catch(
        (cause: unknown) => {
          throw unconfirmed(`${name} is loaded`, cause);
        },
      );
      if (saved !== undefined) {
        const entry = shelf.put({ name, ...kept, definition, library, fault: undefined });
        return { entry, replaced: held !== undefined };
      }
      await this.#mustRead();
    }
    throw contended(name);
  }

  async #mustRead(): Promise<void> {
    try {
      await this.#copy.read();
    } catch (cause) {
      const message = "Redis, where libraries are kept, does not answer; try again";
      throw new LibraryRefusal("unavailable", message, { cause });
    }
  }
}

function contended(name: string): LibraryRefusal {
  return new LibraryRefusal("unavailable", `other gateways keep changing ${name}; try again`);
}
