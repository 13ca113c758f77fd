import { AggregatorRegistry, type Registry } from "prom-client";
import type { Figures } from "./metrics.js";

/**
 * The metrics of several processes as one. Prometheus takes a counter that falls for one that began
 * anew, and counts all of it once more; so what a process that ended had counted stays in the sum,
 * as of when it was last heard.
 */
export class MetricsOfAll {
  /** The newest of each process that lives. */
  readonly #present = new Map<number, Figures>();
  /** The counts of those that ended. */
  #past: Figures = [];

  async ended(process: number): Promise<void> {
    const last = this.#present.get(process);
    if (last === undefined) return;
    this.#present.delete(process);
    this.#past = await together([this.#past, last.filter(isCount)]).getMetricsAsJSON();
  }

  /**
   * In Prometheus' text format. Of a process that did not answer its counts stay: how things are with
   * it, nobody knows.
   *
   * @param answers what processes told of themselves just now
   * @param living those that have not ended meanwhile; an answer may come after the end
   */
  async render(
    answers: ReadonlyMap<number, Figures>,
    living: ReadonlySet<number>,
  ): Promise<{ readonly type: string; readonly text: string }> {
    for (const [process, figures] of answers) {
      if (living.has(process)) this.#present.set(process, figures);
    }
    const present = [...this.#present].map(([process, figures]) =>
      answers.has(process) ? figures : figures.filter(isCount),
    );
    const all = together([...present, this.#past]);
    return { type: all.contentType, text: await all.metrics() };
  }
}

function together(figures: readonly Figures[]): Registry {
  return AggregatorRegistry.aggregate([...figures]);
}

/** What only goes up: a gauge says how things are, and there they are not any more. */
function isCount({ type }: Figures[number]): boolean {
  // As JSON a metric's type is its name; the declarations have a number.
  return ["counter", "histogram"].includes(String(type));
}
