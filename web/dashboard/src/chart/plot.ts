import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { roundBelow } from "./round-below.js";

/** Part of a second's width that its bar takes. */
const BAR_WIDTH = 0.7;
/** px */
const WIDEST_BAR = 12;
/** px; a chart lower than this has room for one label above zero. */
const LOW_CHART = 80;

/** What a chart is drawn with: custom properties of its place, as they are at the moment. */
export class Brush {
  readonly #place: HTMLElement;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  get font(): string {
    return `11px ${getComputedStyle(this.#place).fontFamily}`;
  }

  /** @param name of a registered property, so that `light-dark()` in it is resolved already */
  colour(name: string): () => string {
    return () => getComputedStyle(this.#place).getPropertyValue(name);
  }
}

/** A chart of the last two minutes: as wide and high as its place, in the colours of the theme. */
export class Plot {
  readonly #plot: uPlot;
  readonly #observer: ResizeObserver;
  readonly #dark = window.matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = () => this.#plot.redraw();

  /** @param describe its scales, axes and series; the first axis and series are those of time */
  constructor(place: HTMLElement, describe: (brush: Brush) => Partial<uPlot.Options>) {
    const brush = new Brush(place);
    const { axes = [], series = [], ...rest } = describe(brush);
    const options: uPlot.Options = {
      ...sizeOf(place),
      legend: { show: false },
      cursor: { show: false },
      ...rest,
      axes: [timeAxis(brush), ...axes],
      series: [{}, ...series],
    };
    this.#plot = new uPlot(options, [[], ...series.map(() => [])], place);
    this.#observer = new ResizeObserver(() => this.#plot.setSize(sizeOf(place)));
    this.#observer.observe(place);
    this.#dark.addEventListener("change", this.#redraw);
  }

  /** @param data seconds since the Unix epoch, and each series' values in them */
  draw(data: uPlot.AlignedData): void {
    this.#plot.setData(data);
  }

  destroy(): void {
    this.#dark.removeEventListener("change", this.#redraw);
    this.#observer.disconnect();
    this.#plot.destroy();
  }
}

/** A scale from zero that never ends below `least`, so that little does not look like much. */
export function fromZero(least: number): uPlot.Scale {
  return { range: (_plot, _low, high) => [0, Math.max(least, (high ?? 0) * 1.1)] };
}

interface ValueAxis {
  readonly scale?: string;
  readonly colour?: string;
  readonly isRight?: boolean;
  /** px */
  readonly size: number;
  readonly format: (value: number) => string;
}

/** Zero, which goes without saying, and one or two round numbers above it. */
export function valueAxis(brush: Brush, axis: ValueAxis): uPlot.Axis {
  const { scale, colour = "--chart-ink", isRight = false, size, format } = axis;
  return {
    ...(scale === undefined ? {} : { scale }),
    ...(isRight ? { side: 1 as const } : {}),
    size,
    gap: 4,
    stroke: brush.colour(colour),
    font: brush.font,
    ticks: { show: false },
    // Two axes on one grid would cross each other's lines.
    grid: isRight ? { show: false } : { stroke: brush.colour("--chart-grid"), width: 1 },
    splits: roundSteps,
    values: (_plot, values) => values.map((value) => (value === 0 ? "" : format(value))),
  };
}

export function bars(brush: Brush, colour: string): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [BAR_WIDTH, WIDEST_BAR, 1] });
  return {
    fill: brush.colour(colour),
    width: 0,
    points: { show: false },
    ...(paths === undefined ? {} : { paths }),
  };
}

function roundSteps({ height }: uPlot, _axis: number, _low: number, high: number): number[] {
  const parts = height < LOW_CHART ? 1 : 2;
  const step = roundBelow(high / parts);
  return Array.from({ length: parts + 1 }, (_, part) => part * step);
}

function timeAxis(brush: Brush): uPlot.Axis {
  return {
    stroke: brush.colour("--chart-ink"),
    font: brush.font,
    ticks: { show: false },
    size: 18,
    gap: 2,
    grid: { show: false },
    splits: (_plot, _axis, low, high) => [low, (low + high) / 2, high],
    values: minutesAgo,
  };
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
