import { type Clock, Fifo, type Timer } from "@keywire/shared";
import { Counters, since, type Tallies } from "./counters.js";
import {
  EMPTY_PAGE,
  type MissedStretch,
  type MissedTallies,
  NONE_MISSED,
  type Page,
  readPage,
  sumMissed,
  sumPages,
  writePage,
} from "./page.js";

/** Pages in Redis: for each life of a library one for each gateway, and one of gateways long gone. */
export interface PageStore {
  /**
   * Writes a gateway's page. `folded`: its page was there once and is part of the common one now;
   * `gone`: the library's life is over.
   */
  write(page: PageAddress, text: string, isFirst: boolean): Promise<"written" | "folded" | "gone">;
  /** All pages of a library's life, by gateway. */
  readPages(library: LifeAddress): Promise<ReadonlyMap<string, string>>;
  /** Puts a common page in the place of some, where they are still as they were read. */
  fold(library: LifeAddress, read: ReadonlyMap<string, string>, common: string): Promise<void>;
}

export interface LifeAddress {
  readonly name: string;
  /** From a library's loading until it is deleted; replacing it goes on with it. */
  readonly life: string;
}

export interface PageAddress extends LifeAddress {
  readonly gateway: string;
}

/** The page that those of gateways long gone are folded into. */
export const COMMON = "common";
/** ms between two writes of what changed. */
export const WRITE_EVERY = 200;
/** ms after which a page is written again though nothing changed: the gateway is alive. */
const SIGN_OF_LIFE = 20_000;
/** ms without one after which nothing waits there any more. */
const STALE = 3 * SIGN_OF_LIFE;
/** ms after which a page is folded. A gateway that comes back nevertheless begins another one. */
export const LONG_GONE = 10 * 60_000;

/** What this gateway counts of one library's life. */
export class Book implements LifeAddress {
  readonly name: string;
  readonly life: string;
  readonly #counters = new Map<string, Counters>();
  #missed: MissedTallies = NONE_MISSED;
  /** What of it is part of another page already. */
  #before: Page = EMPTY_PAGE;
  #written: Page = EMPTY_PAGE;
  #isFirst = true;
  #isChanged = false;
  #state: "open" | "ended" = "open";
  /** How many events wait or are under way. */
  pending: () => number = () => 0;
  /** To be told once what was counted until now stands in Redis. */
  readonly #waiting = new Fifo<() => void>();

  constructor({ name, life }: LifeAddress) {
    this.name = name;
    this.life = life;
  }

  counters(birth: string): Counters {
    const known = this.#counters.get(birth);
    if (known !== undefined) return known;
    const fresh = new Counters();
    this.#counters.set(birth, fresh);
    return fresh;
  }

  /** Forgets triggers that are gone. */
  keep(births: ReadonlySet<string>): void {
    for (const birth of this.#counters.keys()) {
      if (!births.has(birth)) this.#counters.delete(birth);
    }
    this.#isChanged = true;
  }

  missed(stretch: MissedStretch): void {
    const { count } = stretch;
    const one = { events: count ?? 0, stretches: count === null ? 1 : 0, last: stretch };
    this.#missed = sumMissed(this.#missed, one);
    this.#isChanged = true;
  }

  /** Calls back when what was counted until now stands in Redis, where the gateway's end cannot take it. */
  whenWritten(done: () => void): void {
    // Callbacks may outlive their library: what they count is kept no more, and waited for by nobody.
    if (this.#state === "ended") {
      done();
      return;
    }
    this.#isChanged = true;
    this.#waiting.push(done);
  }

  changed(): void {
    this.#isChanged = true;
  }

  page(at: number): Page {
    const triggers = new Map<string, Tallies>();
    for (const [birth, counters] of this.#counters) {
      const before = this.#before.triggers.get(birth);
      triggers.set(birth, before === undefined ? new Counters(counters) : since(counters, before));
    }
    const missed = {
      ...this.#missed,
      events: this.#missed.events - this.#before.missed.events,
      stretches: this.#missed.stretches - this.#before.missed.stretches,
    };
    return { at, pending: this.pending(), missed, triggers };
  }

  isDue(now: number): boolean {
    if (this.#isChanged) return true;
    return !this.#isFirst && now - this.#written.at >= SIGN_OF_LIFE;
  }

  async write(store: PageStore, gateway: string, now: number): Promise<void> {
    const page = this.page(now);
    const waiting = this.#waiting.drain();
    this.#isChanged = false;
    try {
      const outcome = await store.write(
        { ...this.#address(), gateway },
        writePage(page),
        this.#isFirst,
      );
      if (outcome === "folded") {
        this.#folded();
        throw new Error("the page was folded; what came on top is written next");
      }
      this.#isFirst = false;
      this.#written = page;
    } catch (error) {
      for (const done of waiting) this.whenWritten(done);
      this.#isChanged = true;
      throw error;
    }
    for (const done of waiting) done();
  }

  /** The pages were lost with all that Redis held: everything is written anew. */
  writeAnew(): void {
    this.#before = EMPTY_PAGE;
    this.#isFirst = true;
    this.#isChanged = true;
  }

  /** The library's life is over. */
  end(): void {
    this.#state = "ended";
    for (const done of this.#waiting.drain()) done();
  }

  #address(): LifeAddress {
    return { name: this.name, life: this.life };
  }

  /** What was written counts for all time, on the common page: this gateway begins another one. */
  #folded(): void {
    const written = this.#written;
    this.#before = sumPages([this.#before, written], () => false);
    this.#isFirst = true;
  }
}

export interface LedgerPorts {
  readonly store: PageStore;
  readonly clock: Clock;
  /** Of this process' life, not to be used by any other. */
  readonly gateway: string;
  readonly failed: (error: unknown) => void;
}

/**
 * What this gateway counts of all libraries, and the sum over all gateways. Each gateway writes a page
 * of its own, so none overwrites another's; the pages of gateways long gone are folded into one.
 */
export class Ledger {
  readonly #ports: LedgerPorts;
  readonly #books = new Set<Book>();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #state: "open" | "closed" = "open";

  constructor(ports: LedgerPorts) {
    this.#ports = ports;
  }

  open(library: LifeAddress): Book {
    const book = new Book(library);
    this.#books.add(book);
    return book;
  }

  forget(book: Book): void {
    this.#books.delete(book);
    book.end();
  }

  start(): void {
    this.#timer = this.#ports.clock.after(WRITE_EVERY, () => void this.#tick());
  }

  /** Writes what changed; what could not be written stays for the next time. */
  write(): Promise<void> {
    this.#writing ??= this.#writeDue().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#timer?.cancel();
    await this.#writing;
    await this.write();
  }

  /**
   * The sum over all gateways, this one's as of now.
   *
   * @throws Error where Redis does not tell
   */
  async total(book: Book): Promise<Page> {
    const { store, clock, gateway } = this.#ports;
    const now = clock.now();
    const texts = await store.readPages(book);
    const pages = new Map([...texts].map(([id, text]) => [id, readPage(text)] as const));
    pages.set(gateway, book.page(now));
    await this.#fold(book, texts, now).catch(this.#ports.failed);
    return sumPages(pages.values(), (page) => now - page.at < STALE);
  }

  writeAnew(): void {
    for (const book of this.#books) book.writeAnew();
  }

  async #tick(): Promise<void> {
    await this.write();
    if (this.#state === "open") this.start();
  }

  async #writeDue(): Promise<void> {
    const { store, gateway, clock, failed } = this.#ports;
    const now = clock.now();
    const due = [...this.#books].filter((book) => book.isDue(now));
    await Promise.all(due.map((book) => book.write(store, gateway, now).catch(failed)));
  }

  async #fold(book: Book, texts: ReadonlyMap<string, string>, now: number): Promise<void> {
    const { store, gateway } = this.#ports;
    const folded = [...texts].filter(
      ([id, text]) => id !== gateway && (id === COMMON || now - readPage(text).at > LONG_GONE),
    );
    if (!folded.some(([id]) => id !== COMMON)) return;
    const pages = folded.map(([, text]) => readPage(text));
    // It is of no gateway, so it is never a sign of life.
    const common = { ...sumPages(pages, () => false), at: 0 };
    await store.fold(book, new Map(folded), writePage(common));
  }
}
