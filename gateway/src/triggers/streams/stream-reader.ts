import type { Clock, Timer } from "@keywire/shared";
import { type Library, LibraryFailure } from "../engine/ports.js";
import { compareIds } from "./id.js";
import { Progress, type ProgressState } from "./progress.js";
import type { StreamPlace, StreamRecordRead, StreamSource } from "./stream-source.js";

/** Records read ahead: more than a window, since asking for each one takes a round trip. */
const LEAST_READ = 32;
const MOST_READ = 256;
/** ms until Redis is asked again after it did not answer. */
const RETRY_AFTER = 1_000;

/** A stream trigger of a library, as it stands now; a replacement changes it under the reader. */
export interface Consumer {
  readonly origin: string;
  readonly trigger: string;
  /** Undefined where it does not run here: its streams are not trimmed past where it is. */
  readonly library: Library | undefined;
  readonly window: number;
}

export interface ReaderPorts {
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly monotonic: () => number;
  /** Whether the stream is this gateway's to read now. */
  readonly holds: () => boolean;
  readonly consumer: () => Consumer | undefined;
  /** Keeps a library that was replaced open until what it has of this stream is done. */
  readonly keepOpen: (library: Library) => () => void;
  /** Keeps the progress. @returns whether the library's life still goes on */
  readonly save: (state: ProgressState) => Promise<boolean>;
  /** Told when the progress stands in Redis: the stream may be trimmed up to there. */
  readonly saved: () => void;
  readonly finished: (outcome: "success" | "failed", ms: number) => void;
  readonly failed: (error: unknown) => void;
}

/** Hands one stream's records to one trigger: in order, as many at a time as its window takes. */
export class StreamReader {
  readonly #ports: ReaderPorts;
  readonly #place: StreamPlace;
  readonly #progress: Progress;
  #buffer: StreamRecordRead[] = [];
  /** Everything up to this id has been handed out or waits in the buffer. */
  #readTo: string;
  #savedTo: string;
  #state: "idle" | "reading" | "stopped" = "idle";
  /** Something may have come while it was read. */
  #isDue = false;
  #saving: Promise<void> | undefined;
  #isUnsaved = false;
  #retry: Timer | undefined;

  constructor(place: StreamPlace, state: ProgressState | undefined, ports: ReaderPorts) {
    this.#place = place;
    this.#ports = ports;
    this.#progress = new Progress(state);
    this.#readTo = this.#progress.from;
    this.#savedTo = this.#progress.from;
    // Found again by whoever takes it over, even if nothing is read until then.
    if (state === undefined) this.#changed();
  }

  /** Records up to this one are done, and that stands in Redis. */
  get savedTo(): string {
    return this.#savedTo;
  }

  get state(): ProgressState {
    return this.#progress.state();
  }

  /** There may be something to read. */
  wake(): void {
    this.#isDue = true;
    if (this.#state === "idle") void this.#read();
  }

  /** Writes down where it is, though nothing changed. */
  keep(): void {
    this.#changed();
  }

  /** Hands nothing out any more; resolves when what is under way is done and kept. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#buffer = [];
    this.#retry?.cancel();
    await this.#saving;
  }

  async #read(): Promise<void> {
    this.#state = "reading";
    try {
      while (this.#hasRoom() && (this.#buffer.length > 0 || this.#isDue)) {
        if (this.#buffer.length === 0) await this.#fill();
        this.#handOut();
      }
    } catch (error) {
      this.#ports.failed(error);
      this.#isDue = true;
      this.#retry = this.#ports.clock.after(RETRY_AFTER, () => this.wake());
    }
    if (this.#state === "reading") this.#state = "idle";
  }

  #hasRoom(): boolean {
    const consumer = this.#ports.consumer();
    if (this.#state === "stopped" || consumer?.library === undefined) return false;
    return this.#progress.pending < consumer.window && this.#ports.holds();
  }

  async #fill(): Promise<void> {
    const consumer = this.#ports.consumer();
    if (consumer === undefined) return;
    const { source } = this.#ports;
    const count = Math.min(MOST_READ, Math.max(LEAST_READ, consumer.window));
    this.#isDue = false;
    const records = await source.read(this.#place, this.#readTo, count, consumer.origin);
    if (records === null || this.#state === "stopped") return;
    if (records.length === count) this.#isDue = true;
    if (records.length === 0) await this.#lookForAnother(consumer.origin);
    this.#buffer.push(...records);
    this.#readTo = records.at(-1)?.id ?? this.#readTo;
  }

  /** Another stream in its place, with smaller ids, would never be read. */
  async #lookForAnother(origin: string): Promise<void> {
    if (this.#progress.pending > 0) return;
    const last = await this.#ports.source.lastId(this.#place, origin);
    if (last === null || compareIds(last, this.#readTo) >= 0) return;
    this.#progress.restart();
    this.#readTo = this.#progress.from;
    this.#savedTo = this.#progress.from;
    this.#isDue = compareIds(last, this.#readTo) > 0;
  }

  #handOut(): void {
    while (this.#hasRoom()) {
      const record = this.#buffer.shift();
      const consumer = this.#ports.consumer();
      if (record === undefined || consumer?.library === undefined) return;
      this.#process(record, consumer.library, consumer.trigger);
    }
  }

  #process({ id, fields }: StreamRecordRead, library: Library, trigger: string): void {
    const { clock, monotonic, keepOpen, finished } = this.#ports;
    const { db, key } = this.#place;
    const began = monotonic();
    const release = keepOpen(library);
    const end = (error?: string) => {
      const ms = monotonic() - began;
      this.#progress.end(id, ms, clock.now(), error);
      finished(error === undefined ? "success" : "failed", ms);
      this.#settled(release);
    };
    this.#progress.begin(id);
    this.#changed();
    library.processStream(trigger, { db, stream: key, id, fields }).then(
      () => end(),
      (error: unknown) => {
        if (error instanceof LibraryFailure && error.code === "closed") {
          this.#giveUp(id);
          this.#settled(release);
        } else end(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #settled(release: () => void): void {
    release();
    this.#changed();
    if (this.#state === "idle") void this.#read();
  }

  /** The library was closed under it: the record, and those behind it, are read again. */
  #giveUp(id: string): void {
    this.#progress.giveUp(id);
    this.#buffer = [];
    this.#readTo = this.#progress.from;
    this.#isDue = true;
  }

  #changed(): void {
    this.#isUnsaved = true;
    this.#saving ??= this.#save();
  }

  /** One at a time; what changes meanwhile is saved with the next one. */
  async #save(): Promise<void> {
    try {
      while (this.#isUnsaved && (await this.#saveOnce()));
    } finally {
      // Not a turn later: what changes then would wait for the next change.
      this.#saving = undefined;
    }
  }

  /** @returns whether it is worth trying again */
  async #saveOnce(): Promise<boolean> {
    this.#isUnsaved = false;
    const state = this.#progress.state();
    try {
      if (!(await this.#ports.save(state))) return false;
      this.#savedTo = state.from;
      this.#ports.saved();
    } catch (error) {
      this.#ports.failed(error);
      if (this.#state === "stopped") return false;
      this.#isUnsaved = true;
      await new Promise<void>((resolve) => this.#ports.clock.after(RETRY_AFTER, resolve));
    }
    return true;
  }
}
