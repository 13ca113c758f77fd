import type { Clock, Timer } from "@keywire/shared";
import type { Library } from "../engine/ports.js";
import { parsePrologue } from "../engine/prologue.js";
import type { Feeding, OpenLibrary, TriggersReport } from "../ports.js";
import {
  type Definition,
  define,
  movedStreamTrigger,
  readDefinition,
  writeDefinition,
} from "./definition.js";
import { absent, LibraryRefusal, streamPrefixFixed, taken, unconfirmed } from "./refusal.js";
import { type Entry, faultOf, type Shelf } from "./shelf.js";
import type { Kept, LibraryStore } from "./store.js";
import { within } from "./within.js";

/** ms between two looks at the store, lest an announcement be missed. */
export const POLL = 2_000;
/** ms that starting waits for the first look: Redis may be away for long. */
const FIRST_WAIT = 2_000;
/** ms without a sign after which a gateway is not waited for. */
const FOLLOWER_STALE = 3 * POLL;
/** ms that loading waits for the other gateways to have the library too. */
const FOLLOW_WAIT = 3_000;
/** ms between two looks at how far they are. */
const FOLLOW_EVERY = 20;
/** ms after which a gateway that gave no sign is forgotten. */
const FOLLOWER_GONE = 10 * 60_000;
/** How often a change is tried anew where another gateway was first. */
const TRIES = 5;

export interface LibrariesPorts {
  readonly store: LibraryStore;
  readonly shelf: Shelf;
  readonly feeding: Feeding;
  readonly open: OpenLibrary;
  readonly clock: Clock;
  /** Of this process' life, not to be used by any other. */
  readonly gateway: string;
  /** Another one each time, of characters that are none of `.` and space. */
  readonly newId: () => string;
  /** The Redis user that libraries run as. */
  readonly user: string;
  /** The counters in Redis were lost as well. */
  readonly lost: () => void;
  readonly report: (report: TriggersReport) => void;
}

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

/**
 * Keeps this gateway's libraries as Redis has them, and changes them there for all gateways. One thing
 * is done at a time; a change counts once Redis took it, and only where nobody was first.
 */
export class Libraries {
  readonly #ports: LibrariesPorts;
  #version: string | null = null;
  #hasLooked = false;
  #areInterestsDue = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** Sources that wait for Redis to be read. */
  #provided: string[] = [];
  #hearing: "not" | "asked" | "yes" = "not";
  #look: Promise<void> | undefined;
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(ports: LibrariesPorts) {
    this.#ports = ports;
  }

  /** Begins to follow the store, and waits a while for the first look at it. */
  async start(): Promise<void> {
    await within(this.#ports.clock, this.#poll(), FIRST_WAIT).catch(() => {});
  }

  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  /** Why libraries may not run as they should, a sentence each. */
  problems(): string[] {
    return this.#hasLooked ? [] : ["the trigger libraries have not been read from Redis yet"];
  }

  /**
   * Loads a source: for all gateways, once Redis keeps it.
   *
   * @throws LibraryError where it is no library, LibraryRefusal `taken`, `stream_prefix`, `unavailable`
   */
  async load(source: string, options: LoadOptions = {}): Promise<Loaded> {
    const loaded = await this.#inTurn(() => this.#load(source, options));
    await this.#followed();
    return loaded;
  }

  /**
   * Loads a source unless it is loaded already, in the place of another of its name. While Redis has not
   * been read it is kept until it was; what is wrong with it then is reported.
   *
   * @throws as `load` does
   */
  async provide(source: string): Promise<void> {
    const { name } = parsePrologue(source);
    if (!this.#hasLooked) {
      this.#provided.push(source);
      return;
    }
    const held = this.#ports.shelf.get(name);
    if (held?.library !== undefined && held.definition.source === source) return;
    const configuration = held?.definition.configuration ?? {};
    await this.load(source, { replace: true, configuration });
  }

  /** @throws LibraryRefusal `absent`, `unavailable` */
  async remove(name: string): Promise<void> {
    await this.#inTurn(() => this.#remove(name));
    await this.#followed();
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#timer?.cancel();
    const { store, gateway, clock } = this.#ports;
    const left = this.#turn.then(() => store.leave(gateway));
    await within(clock, left, 1_000).catch(() => {});
    store.close();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  // Changes

  async #load(source: string, options: LoadOptions): Promise<Loaded> {
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
      const { entry, replaced } = await this.#keep(
        library,
        { source, configuration, user },
        replace,
      );
      this.#version = entry.revision;
      await this.#listen();
      report({ event: replaced ? "replaced" : "loaded", library: entry.name });
      await this.#tellVersion();
      return { name: entry.name, replaced };
    } catch (error) {
      if (shelf.get(library.name)?.library !== library) await library.close();
      throw error;
    }
  }

  async #keep(
    library: Library,
    origin: Pick<Definition, "source" | "configuration" | "user">,
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
    throw new LibraryRefusal("unavailable", `other gateways keep changing ${name}; try again`);
  }

  async #remove(name: string): Promise<void> {
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
      this.#version = version;
      await this.#listen();
      report({ event: "deleted", library: name });
      await this.#tellVersion();
      return;
    }
    throw new LibraryRefusal("unavailable", `other gateways keep changing ${name}; try again`);
  }

  async #mustRead(): Promise<void> {
    try {
      await this.#read();
    } catch (cause) {
      const message = "Redis, where libraries are kept, does not answer; try again";
      throw new LibraryRefusal("unavailable", message, { cause });
    }
  }

  // Following

  async #poll(): Promise<void> {
    this.#hear();
    await this.#lookNow();
    if (this.#state === "closed") return;
    this.#timer = this.#ports.clock.after(POLL, () => void this.#poll());
  }

  #hear(): void {
    if (this.#hearing !== "not") return;
    this.#hearing = "asked";
    this.#ports.store
      .listen(() => void this.#lookNow())
      .then(
        () => {
          this.#hearing = "yes";
        },
        (error: unknown) => {
          this.#hearing = "not";
          this.#unreachable("libraries cannot be heard of", error);
        },
      );
  }

  /** One look waits at a time; it sees what those asked for meanwhile would have seen. */
  #lookNow(): Promise<void> {
    this.#look ??= this.#inTurn(async () => {
      this.#look = undefined;
      if (this.#state === "closed") return;
      await this.#read();
      if (this.#areInterestsDue) await this.#listen();
      await this.#tellVersion();
    }).catch((error: unknown) => this.#unreachable("libraries cannot be read", error));
    return this.#look;
  }

  async #read(): Promise<void> {
    const { store, shelf, clock } = this.#ports;
    // First the version: what changes while the rest is read counts as unread.
    const version = await within(clock, store.version());
    if (version === null && shelf.entries().length > 0) {
      await this.#restore();
      return;
    }
    if (version !== this.#version || !this.#hasLooked) {
      await this.#catchUp();
      this.#version = version;
      await this.#listen();
    }
    this.#hasLooked = true;
    for (const source of this.#provided.splice(0)) void this.#provideLate(source);
  }

  async #provideLate(source: string): Promise<void> {
    await this.provide(source).catch((error: unknown) => {
      const library = parsePrologue(source).name;
      const message = `the configured file cannot be loaded: ${faultOf(error).message}`;
      this.#ports.report({ event: "broken", library, message });
    });
  }

  async #catchUp(): Promise<void> {
    const { store, shelf, clock, report } = this.#ports;
    const revisions = await within(clock, store.revisions());
    for (const { name } of shelf.entries()) {
      if (revisions.has(name)) continue;
      shelf.remove(name);
      report({ event: "deleted", library: name });
    }
    const stale = [...revisions].filter(
      ([name, revision]) => shelf.get(name)?.revision !== revision,
    );
    const kept = await within(clock, store.read(stale.map(([name]) => name)));
    for (const [name, { revision, text }] of kept) await this.#take(name, { revision, text });
  }

  async #take(name: string, kept: Kept): Promise<void> {
    const { shelf, open, report } = this.#ports;
    let definition: Definition;
    try {
      definition = readDefinition(kept.text);
    } catch (error) {
      report({
        event: "broken",
        library: name,
        message: `what Redis keeps of it cannot be read: ${String(error)}`,
      });
      return;
    }
    const replaced = shelf.get(name) !== undefined;
    const { source, configuration } = definition;
    try {
      const library = await open(source, { configuration });
      shelf.put({ name, ...kept, definition, library, fault: undefined });
      report({ event: replaced ? "replaced" : "loaded", library: name });
    } catch (error) {
      const fault = faultOf(error);
      shelf.put({ name, ...kept, definition, library: undefined, fault });
      report({ event: "broken", library: name, message: fault.message });
    }
  }

  /** Redis lost everything, as FLUSHALL does: each gateway puts back what it has, the first one counts. */
  async #restore(): Promise<void> {
    const { store, shelf, clock, report, lost } = this.#ports;
    lost();
    let libraries = 0;
    for (const { name, revision, text } of shelf.entries()) {
      const saved = await within(clock, store.save(name, { revision, text }, null));
      if (saved !== undefined) libraries++;
    }
    this.#version = null;
    await this.#catchUp();
    report({ event: "restored", libraries });
  }

  async #listen(): Promise<void> {
    const { feeding, shelf } = this.#ports;
    this.#areInterestsDue = true;
    try {
      await feeding.setInterests(shelf.interests(), shelf.wantsMisses());
      this.#areInterestsDue = false;
    } catch (error) {
      this.#unreachable("what libraries wait for cannot be listened to", error);
    }
  }

  async #tellVersion(): Promise<void> {
    const { store, gateway, clock } = this.#ports;
    await within(clock, store.follow(gateway, this.#version ?? "", clock.now())).catch(
      (error: unknown) => this.#unreachable("libraries cannot be followed", error),
    );
  }

  /** Waits until the other gateways have what this one changed: what is written then finds it. */
  async #followed(): Promise<void> {
    const { store, clock } = this.#ports;
    const until = clock.now() + FOLLOW_WAIT;
    try {
      while (clock.now() < until && this.#state === "open") {
        const version = (await within(clock, store.version())) ?? "";
        const followers = await within(clock, store.followers());
        const behind = [...followers].filter(([id, follower]) =>
          this.#isBehind(id, follower, version),
        );
        if (behind.length === 0) return;
        await new Promise<void>((resolve) => clock.after(FOLLOW_EVERY, resolve));
      }
    } catch (error) {
      this.#unreachable("nobody knows whether the other gateways follow", error);
    }
  }

  #isBehind(id: string, follower: { version: string; at: number }, version: string): boolean {
    const { store, clock, gateway } = this.#ports;
    if (id === gateway) return false;
    const silent = clock.now() - follower.at;
    if (silent > FOLLOWER_GONE) void store.leave(id).catch(() => {});
    return silent < FOLLOWER_STALE && follower.version !== version;
  }

  #unreachable(what: string, error: unknown): void {
    if (this.#state === "open") this.#ports.report({ event: "unreachable", what, error });
  }
}
