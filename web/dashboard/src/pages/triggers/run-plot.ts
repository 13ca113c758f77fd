import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { short } from "../../text/format.js";
import { roundBelow } from "../events/round-below.js";
import type { RunSeries } from "./history.js";

/** Part of a second's width that its bar takes. */
const BAR_WIDTH = 0.7;
/** px */
const WIDEST_BAR = 12;
/** The scales never end below these, so that little does not look like much. */
const LEAST_RUNS = 4;
const LEAST_MS = 1;

/** Bars for executions, a line for how long they took on average: each with a scale of its own. */
export class RunPlot {
  readonly #plot: uPlot;
  readonly #observer: ResizeObserver;
  readonly #dark = window.matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = () => this.#plot.redraw();

  constructor(place: HTMLElement) {
    this.#plot = new uPlot(options(place), [[], [], []], place);
    this.#observer = new ResizeObserver(() => this.#plot.setSize(sizeOf(place)));
    this.#observer.observe(place);
    this.#dark.addEventListener("change", this.#redraw);
  }

  draw({ seconds, runs, times }: RunSeries): void {
    this.#plot.setData([[...seconds], [...runs], [...times]]);
  }

  destroy(): void {
    this.#dark.removeEventListener("change", this.#redraw);
    this.#observer.disconnect();
    this.#plot.destroy();
  }
}

function options(place: HTMLElement): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [BAR_WIDTH, WIDEST_BAR, 1] });
  const axis = {
    font: `11px ${getComputedStyle(place).fontFamily}`,
    ticks: { show: false },
  };
  const ink = () => colour(place, "--chart-ink");
  const line = () => colour(place, "--chart-line");
  return {
    ...sizeOf(place),
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      y: { range: (_plot, _low, high) => [0, Math.max(LEAST_RUNS, (high ?? 0) * 1.1)] },
      ms: { range: (_plot, _low, high) => [0, Math.max(LEAST_MS, (high ?? 0) * 1.2)] },
    },
    axes: [
      { ...axis, stroke: ink, size: 18, gap: 2, grid: { show: false }, splits, values: minutesAgo },
      {
        ...axis,
        stroke: ink,
        grid: { stroke: () => colour(place, "--chart-grid"), width: 1 },
        ...{ size: 40, gap: 4, splits: steps, values: figures },
      },
      {
        ...axis,
        ...{ scale: "ms", side: 1, stroke: line, grid: { show: false } },
        ...{ size: 52, gap: 4, splits: steps, values: milliseconds },
      },
    ],
    series: [
      {},
      {
        fill: () => colour(place, "--chart-bar"),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
      { scale: "ms", stroke: line, width: 2, spanGaps: true, points: { show: true, size: 4 } },
    ],
  };
}

/** Zero and two round numbers above it. */
function steps(_plot: uPlot, _axis: number, _low: number, high: number): number[] {
  const step = roundBelow(high / 2);
  return [0, step, 2 * step];
}

/** Zero goes without saying, and its place is taken by the other axis. */
function figures(_plot: uPlot, values: number[]): string[] {
  return values.map((value) => (value === 0 ? "" : short(value)));
}

function milliseconds(_plot: uPlot, values: number[]): string[] {
  return values.map((value) => (value === 0 ? "" : `${value < 10 ? value : short(value)} ms`));
}

function splits(_plot: uPlot, _axis: number, low: number, high: number): number[] {
  return [low, (low + high) / 2, high];
}

function minutesAgo({ data }: uPlot, values: number[]): string[] {
  const newest = data[0]?.at(-1) ?? 0;
  return values.map((second) => {
    const minutes = Math.round((newest - second) / 60);
    return minutes === 0 ? "now" : `−${minutes} min`;
  });
}

function sizeOf(place: HTMLElement): { width: number; height: number } {
  return { width: place.clientWidth, height: place.clientHeight };
}

/** A registered custom property, so that `light-dark()` in it is resolved already. */
function colour(place: HTMLElement, name: string): string {
  return getComputedStyle(place).getPropertyValue(name);
}
