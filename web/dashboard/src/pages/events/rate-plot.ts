import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { short } from "../../text/format.js";
import { roundBelow } from "./round-below.js";

/** Part of a second's width that its bar takes. */
const BAR_WIDTH = 0.7;
/** px */
const WIDEST_BAR = 12;
/** The scale never ends below this, so that one event a second does not fill the chart. */
const LEAST_TOP = 4;

/** px; a chart lower than this has room for one label above zero. */
const LOW_CHART = 80;

interface Series {
  readonly seconds: number[];
  readonly counts: number[];
}

/** The bars of the last two minutes, as wide and high as their place. */
export class RatePlot {
  readonly #plot: uPlot;
  readonly #observer: ResizeObserver;
  readonly #dark = window.matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = () => this.#plot.redraw();

  constructor(place: HTMLElement) {
    this.#plot = new uPlot(options(place), [[], []], place);
    this.#observer = new ResizeObserver(() => this.#plot.setSize(sizeOf(place)));
    this.#observer.observe(place);
    this.#dark.addEventListener("change", this.#redraw);
  }

  draw({ seconds, counts }: Series): void {
    this.#plot.setData([seconds, counts]);
  }

  destroy(): void {
    this.#dark.removeEventListener("change", this.#redraw);
    this.#observer.disconnect();
    this.#plot.destroy();
  }
}

function options(place: HTMLElement): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [BAR_WIDTH, WIDEST_BAR, 1] });
  const ink = () => colour(place, "--chart-ink");
  const axis = {
    stroke: ink,
    font: `11px ${getComputedStyle(place).fontFamily}`,
    ticks: { show: false },
    grid: { stroke: () => colour(place, "--chart-grid"), width: 1 },
  };
  return {
    ...sizeOf(place),
    padding: [6, 18, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(LEAST_TOP, high * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 18,
        gap: 2,
        grid: { show: false },
        splits: minuteSplits,
        values: minutesAgo,
      },
      { ...axis, size: 38, gap: 4, splits: countSplits, values: counts },
    ],
    series: [
      {},
      {
        fill: () => colour(place, "--chart-bar"),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
    ],
  };
}

/** Zero and one or two round numbers above it, as many as have room. */
function countSplits({ height }: uPlot, _axis: number, _low: number, high: number): number[] {
  const parts = height < LOW_CHART ? 1 : 2;
  const step = roundBelow(high / parts);
  return Array.from({ length: parts + 1 }, (_, part) => part * step);
}

/** Zero goes without saying, and its place is taken by the other axis. */
function counts(_plot: uPlot, splits: number[]): string[] {
  return splits.map((split) => (split === 0 ? "" : short(split)));
}

function minuteSplits(_plot: uPlot, _axis: number, low: number, high: number): number[] {
  return [low, (low + high) / 2, high];
}

function minutesAgo({ data }: uPlot, splits: number[]): string[] {
  const newest = data[0]?.at(-1) ?? 0;
  return splits.map((second) => {
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
