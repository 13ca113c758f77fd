import { type Definition, readDefinition } from "./definition.js";
import type { LibrariesPorts, Unreachable } from "./ports.js";
import { faultOf } from "./shelf.js";
import type { Kept } from "./store.js";
import { within } from "./within.js";

/** ms until what does not run here is tried again: what kept it from running may be over, as a busy machine. */
const RETRY = { first: 2_000, longest: 60_000 };

export interface LocalCopyPorts
  extends Pick<
    LibrariesPorts,
    "store" | "shelf" | "feeding" | "open" | "clock" | "lost" | "report"
  > {
  /** Told whenever it is what Redis keeps. */
  readonly current: () => void;
  readonly unreachable: Unreachable;
}

/** This gateway's libraries as a copy of those that Redis keeps, and what is listened to for them. */
export class LocalCopy {
  readonly #ports: LocalCopyPorts;
  #version: string | null = null;
  #isComplete = false;
  #areInterestsDue = false;
  /** When libraries that do not run here were tried last, and how long they rest, by revision. */
  readonly #retries = new Map<string, { readonly at: number; readonly pause: number }>();

  constructor(ports: LocalCopyPorts) {
    this.#ports = ports;
  }

  /** The one that it was read at, or that a change of this gateway's own has made. */
  get version(): string | null {
    return this.#version;
  }

  /** Whether what Redis keeps was ever read. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Brings it to what Redis keeps. @throws Error where Redis does not answer */
  async read(): Promise<void> {
    const { store, shelf, clock, current } = this.#ports;
    // First the version: what changes while the rest is read counts as unread.
    const version = await within(clock, store.version());
    if (version === null && shelf.entries().length > 0) {
      await this.#restore();
      return;
    }
    if (version !== this.#version || !this.#isComplete) {
      await this.#catchUp();
      await this.changed(version);
    } else {
      await this.#retry();
    }
    this.#isComplete = true;
    current();
  }

  /** What stands on the shelf is of that version now. */
  async changed(version: string | null): Promise<void> {
    this.#version = version;
    await this.#listen();
  }

  /** Tries anew to listen to what libraries wait for, where that did not succeed. */
  async listenIfDue(): Promise<void> {
    if (this.#areInterestsDue) await this.#listen();
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

  async #retry(): Promise<void> {
    const { shelf, clock } = this.#ports;
    const broken = shelf.entries().filter(({ library }) => library === undefined);
    const revisions = new Set(broken.map(({ revision }) => revision));
    for (const revision of this.#retries.keys()) {
      if (!revisions.has(revision)) this.#retries.delete(revision);
    }
    for (const { name, revision, text } of broken) {
      const { at, pause } = this.#retries.get(revision) ?? { at: 0, pause: 0 };
      // A clock that is set back must not have it rest until it has caught up.
      if (Math.abs(clock.now() - at) >= pause) await this.#take(name, { revision, text });
    }
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
    const replaced = shelf.get(name)?.library !== undefined;
    const { source, configuration } = definition;
    try {
      const library = await open(source, { configuration });
      shelf.put({ name, ...kept, definition, library, fault: undefined });
      report({ event: replaced ? "replaced" : "loaded", library: name });
    } catch (error) {
      const fault = faultOf(error);
      this.#retryLater(kept.revision);
      const known = shelf.get(name);
      if (known?.revision === kept.revision && known.fault?.message === fault.message) return;
      shelf.put({ name, ...kept, definition, library: undefined, fault });
      report({ event: "broken", library: name, message: fault.message });
    }
  }

  #retryLater(revision: string): void {
    const last = this.#retries.get(revision)?.pause ?? RETRY.first / 2;
    const pause = Math.min(RETRY.longest, 2 * last);
    this.#retries.set(revision, { at: this.#ports.clock.now(), pause });
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
    const { feeding, shelf, unreachable } = this.#ports;
    this.#areInterestsDue = true;
    try {
      await feeding.setInterests(shelf.interests(), shelf.wantsMisses());
      this.#areInterestsDue = false;
    } catch (error) {
      unreachable("what libraries wait for cannot be listened to", error);
    }
  }
}
