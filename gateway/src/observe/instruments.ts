import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Counts on paths too hot for a lookup: a plain number, published when somebody asks. */
export class Tally {
  #total = 0;

  constructor(registry: Registry, name: string, help: string) {
    const read = () => this.#total;
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  add(count = 1): void {
    this.#total += count;
  }

  get total(): number {
    return this.#total;
  }
}

/** Counts by the values of one label. */
export class LabelledCounter<Value extends string> {
  readonly #counter: Counter;
  readonly #label: string;

  constructor(
    registry: Registry,
    name: string,
    help: string,
    label: string,
    known: readonly Value[],
  ) {
    this.#label = label;
    this.#counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
    for (const value of known) this.add(value, 0);
  }

  add(value: Value, count = 1): void {
    this.#counter.inc({ [this.#label]: value }, count);
  }
}

/** Spreads of durations. */
export class Timing {
  readonly #histogram: Histogram;

  constructor(registry: Registry, name: string, help: string, buckets: readonly number[]) {
    this.#histogram = new Histogram({ name, help, buckets: [...buckets], registers: [registry] });
  }

  observe(ms: number): void {
    this.#histogram.observe(ms / 1_000);
  }
}

/** What the figures of several processes make together; their sum where none is named. */
export type Together = "sum" | "min" | "first";

/** Makes the instruments of one registry, under names that begin with `keywire_`. */
export class Instruments {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  tally(name: string, help: string): Tally {
    return new Tally(this.#registry, `keywire_${name}`, help);
  }

  /**
   * @param known values that are there from the beginning, with 0: a series that comes into being with
   *   its first count has not risen, as Prometheus sees it, and no alert tells of that one
   */
  counter<Value extends string>(
    name: string,
    help: string,
    label: string,
    known: readonly Value[] = [],
  ): LabelledCounter<Value> {
    return new LabelledCounter(this.#registry, `keywire_${name}`, help, label, known);
  }

  timing(name: string, help: string, buckets: readonly number[]): Timing {
    return new Timing(this.#registry, `keywire_${name}`, help, buckets);
  }

  /**
   * Counts that somebody else keeps, by label value where there is a label; read when somebody asks.
   *
   * @param known as of `counter`
   */
  count(
    name: string,
    help: string,
    read: () => number | Readonly<Record<string, number>>,
    label?: string,
    known: readonly string[] = [],
  ): void {
    new Counter({
      name: `keywire_${name}`,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        const counts = read();
        this.reset();
        if (typeof counts === "number") this.inc(counts);
        else if (label !== undefined) {
          for (const value of known) this.inc({ [label]: value }, 0);
          for (const [value, count] of Object.entries(counts)) this.inc({ [label]: value }, count);
        }
      },
    });
  }

  /** A figure that is read when somebody asks: by label value where there is a label. */
  gauge(
    name: string,
    help: string,
    read: () => number | Readonly<Record<string, number>>,
    { label, together = "sum" }: { readonly label?: string; readonly together?: Together } = {},
  ): void {
    new Gauge({
      name: `keywire_${name}`,
      help,
      aggregator: together,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        const figures = read();
        this.reset();
        if (typeof figures === "number") this.set(figures);
        else if (label !== undefined) {
          for (const [value, figure] of Object.entries(figures))
            this.set({ [label]: value }, figure);
        }
      },
    });
  }
}
