import type { Timer } from "@keywire/shared";
import { parsePrologue } from "../engine/prologue.js";
import { Changes, type Loaded, type LoadOptions } from "./changes.js";
import { Followers, SIGN_EVERY } from "./followers.js";
import { LocalCopy } from "./local-copy.js";
import type { LibrariesPorts } from "./ports.js";
import { faultOf } from "./shelf.js";
import { within } from "./within.js";

/** ms between two looks at the store, lest an announcement be missed; with each a sign is given. */
const POLL = SIGN_EVERY;
/** ms that starting waits for the first look: Redis may be away for long. */
const FIRST_WAIT = 2_000;

/**
 * Keeps this gateway's libraries as Redis has them, and changes them there for all gateways: one thing
 * at a time.
 */
export class Libraries {
  readonly #ports: LibrariesPorts;
  readonly #copy: LocalCopy;
  readonly #followers: Followers;
  readonly #changes: Changes;
  #turn: Promise<unknown> = Promise.resolve();
  /** Sources that wait for Redis to be read. */
  #provided: string[] = [];
  #hearing: "not" | "asked" | "yes" = "not";
  #look: Promise<void> | undefined;
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(ports: LibrariesPorts) {
    const unreachable = (what: string, error: unknown) => this.#unreachable(what, error);
    this.#ports = ports;
    this.#copy = new LocalCopy({ ...ports, unreachable, current: () => this.#provideWaiting() });
    this.#followers = new Followers({
      ...ports,
      unreachable,
      isOpen: () => this.#state === "open",
    });
    this.#changes = new Changes(ports, this.#copy, this.#followers);
  }

  /** Begins to follow the store, and waits a while for the first look at it. */
  async start(): Promise<void> {
    await within(this.#ports.clock, this.#poll(), FIRST_WAIT).catch(() => {});
  }

  get hasLooked(): boolean {
    return this.#copy.isComplete;
  }

  /** Why libraries may not run as they should, a sentence each. */
  problems(): string[] {
    return this.hasLooked ? [] : ["the trigger libraries have not been read from Redis yet"];
  }

  /**
   * Loads a source: for all gateways, once Redis keeps it.
   *
   * @throws LibraryError where it is no library, LibraryRefusal `taken`, `stream_prefix`, `unavailable`
   */
  async load(source: string, options: LoadOptions = {}): Promise<Loaded> {
    const loaded = await this.#inTurn(() => this.#changes.load(source, options));
    await this.#followers.caughtUp();
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
    if (!this.hasLooked) {
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
    await this.#inTurn(() => this.#changes.remove(name));
    await this.#followers.caughtUp();
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
      await this.#copy.read();
      await this.#copy.listenIfDue();
      await this.#followers.tell(this.#copy.version);
    }).catch((error: unknown) => this.#unreachable("libraries cannot be read", error));
    return this.#look;
  }

  #provideWaiting(): void {
    for (const source of this.#provided.splice(0)) void this.#provideLate(source);
  }

  async #provideLate(source: string): Promise<void> {
    await this.provide(source).catch((error: unknown) => {
      const library = parsePrologue(source).name;
      const message = `the configured file cannot be loaded: ${faultOf(error).message}`;
      this.#ports.report({ event: "broken", library, message });
    });
  }

  #unreachable(what: string, error: unknown): void {
    if (this.#state === "open") this.#ports.report({ event: "unreachable", what, error });
  }
}
