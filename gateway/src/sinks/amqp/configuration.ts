import { type Clock, type Timer, WireError } from "@keywire/shared";
import type { ForwarderSettings } from "./ports.js";

/** What was set at run time, over what each gateway was started with. */
export interface Overrides {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly wish: "connected" | "disconnected";
}

/** Where it is kept, and heard of, by all gateways. */
export interface ConfigurationStore {
  /** Undefined text where nothing was set yet. */
  load(): Promise<{ readonly version: number; readonly text: string | undefined }>;
  /** @returns whether the version was still that one; else nothing was saved */
  save(version: number, text: string): Promise<boolean>;
  /** Calls back when some gateway saved something. */
  listen(heard: () => void): Promise<void>;
  close(): void;
}

export interface ConfigurationPorts {
  readonly store: ConfigurationStore;
  readonly clock: Clock;
  /**
   * The settings with what was set at run time over them.
   *
   * @throws WireError `bad_request` naming every fault
   */
  readonly read: (settings: Overrides["settings"]) => ForwarderSettings;
  /** Told of what is in force, whenever it has changed. */
  readonly changed: (settings: ForwarderSettings, wish: Overrides["wish"]) => void;
  /** The store had lost it, and has it again. */
  readonly restored: () => void;
  readonly failed: (error: unknown) => void;
}

const NOTHING_SET: Overrides = { settings: {}, wish: "connected" };
/** ms between two looks, lest a message be missed. */
const POLL = 5_000;
/** ms that the store has to answer. */
const ANSWER_TIMEOUT = 3_000;
/** Times that a change is made anew because another gateway was quicker. */
const ATTEMPTS = 5;

/** The configuration in force: the same on all gateways, as soon as they have heard of it. */
export class Configuration {
  readonly #ports: ConfigurationPorts;
  /** What was read last. */
  #seen: string | undefined;
  #text: string | undefined;
  #overrides = NOTHING_SET;
  #settings: ForwarderSettings;
  #timer: Timer | undefined;
  #look: Promise<void> | undefined;
  #state: "open" | "hearing" | "closed" = "open";

  constructor(ports: ConfigurationPorts) {
    this.#ports = ports;
    this.#settings = ports.read(NOTHING_SET.settings);
  }

  get settings(): ForwarderSettings {
    return this.#settings;
  }

  get wish(): Overrides["wish"] {
    return this.#overrides.wish;
  }

  /** The names of the settings that were set at run time. */
  get setNames(): string[] {
    return Object.keys(this.#overrides.settings);
  }

  /** Whether the store has been read. */
  get isKnown(): boolean {
    return this.#seen !== undefined;
  }

  /** Begins to follow the store. */
  async start(): Promise<void> {
    await this.#poll();
  }

  /**
   * Changes some settings, all or none of them; null takes one back to what each gateway was started
   * with.
   *
   * @throws WireError `bad_request` naming every fault, `unavailable` where Redis did not take it
   */
  set(patch: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#change(({ settings, wish }) => ({ settings: merged(settings, patch), wish }));
  }

  /** @throws WireError `bad_request`, `unavailable` */
  setMasks(change: (masks: readonly string[]) => readonly string[]): Promise<void> {
    return this.#change(({ settings, wish }) => {
      const { masks } = this.#ports.read(settings);
      return { settings: { ...settings, masks: change(masks) }, wish };
    });
  }

  /** @throws WireError `unavailable` where Redis did not take it */
  setWish(wish: Overrides["wish"]): Promise<void> {
    return this.#change(({ settings }) => ({ settings, wish }));
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#ports.store.close();
  }

  async #change(make: (now: Overrides) => Overrides): Promise<void> {
    const { store } = this.#ports;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { version, text } = await this.#asked(store.load());
      const next = make(parse(text ?? this.#text));
      // Nothing is saved that could not be used.
      this.#ports.read(next.settings);
      if (!(await this.#asked(store.save(version, JSON.stringify(next))))) continue;
      await this.#lookNow();
      return;
    }
    throw new WireError("unavailable", "other gateways change it at the same time; try again");
  }

  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await this.#within(answer);
    } catch (cause) {
      const message = "Redis did not take the change, so it may not count; try again";
      throw new WireError("unavailable", message, { cause });
    }
  }

  async #poll(): Promise<void> {
    this.#hear();
    await this.#lookNow();
    if (this.#state === "closed") return;
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.after(POLL, () => void this.#poll());
  }

  #hear(): void {
    if (this.#state !== "open") return;
    this.#state = "hearing";
    this.#ports.store
      .listen(() => void this.#lookNow())
      .catch((error: unknown) => {
        if (this.#state === "hearing") this.#state = "open";
        this.#report(error);
      });
  }

  /** One look at a time: whoever asks meanwhile waits for the next one. */
  async #lookNow(): Promise<void> {
    await this.#look;
    this.#look ??= this.#read()
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#look = undefined;
      });
    await this.#look;
  }

  async #read(): Promise<void> {
    const { store, read, changed } = this.#ports;
    const { version, text } = await this.#within(store.load());
    if (text === undefined && this.#text !== undefined) return this.#putBack(version, this.#text);
    const seen = `${version} ${text}`;
    if (seen === this.#seen || this.#state === "closed") return;
    const overrides = parse(text);
    const settings = read(overrides.settings);
    this.#seen = seen;
    this.#text = text;
    this.#overrides = overrides;
    this.#settings = settings;
    changed(settings, overrides.wish);
  }

  /** Nothing takes it away but a flush or an eviction: others may do it at the same time. */
  async #putBack(version: number, text: string): Promise<void> {
    if (this.#state === "closed") return;
    if (await this.#within(this.#ports.store.save(version, text))) this.#ports.restored();
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#ports.clock.after(ANSWER_TIMEOUT, () =>
        reject(new Error(`Redis did not answer within ${ANSWER_TIMEOUT} ms`)),
      );
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #report(error: unknown): void {
    if (this.#state !== "closed") this.#ports.failed(error);
  }
}

function merged(
  settings: Overrides["settings"],
  patch: Overrides["settings"],
): Overrides["settings"] {
  const all = Object.entries({ ...settings, ...patch });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

function parse(text: string | undefined): Overrides {
  if (text === undefined) return NOTHING_SET;
  const { settings, wish } = Object(JSON.parse(text)) as Partial<Overrides>;
  return {
    settings: typeof settings === "object" && settings !== null ? settings : {},
    wish: wish === "disconnected" ? "disconnected" : "connected",
  };
}
