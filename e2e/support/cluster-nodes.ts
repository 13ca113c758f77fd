/** One line of CLUSTER NODES. */
export interface NodeLine {
  readonly id: string;
  readonly port: number;
  readonly flags: ReadonlySet<string>;
  /** A replica's primary. */
  readonly primary: string | undefined;
  /** The primary's, which decides whose word on a slot counts. */
  readonly epoch: number;
  readonly linked: boolean;
  /** First and last slot of each range. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Slots on their way out or in: only in the node's own answer. */
  readonly moving: readonly string[];
}

export function parseClusterNodes(text: string): NodeLine[] {
  return text.split("\n").filter(Boolean).map(parseLine);
}

function parseLine(line: string): NodeLine {
  const [id = "", address = "", flags = "", primary = "-", , , epoch = "", link = "", ...slots] =
    line.split(" ");
  const port = Number(/:(\d+)(?:@|$)/.exec(address)?.[1] ?? Number.NaN);
  if (id === "" || Number.isNaN(port)) throw new Error(`not a line of CLUSTER NODES: "${line}"`);
  return {
    id,
    port,
    flags: new Set(flags.split(",")),
    primary: primary === "-" ? undefined : primary,
    epoch: Number(epoch),
    linked: link === "connected",
    ranges: slots.filter((slot) => !slot.startsWith("[")).map(parseRange),
    moving: slots.filter((slot) => slot.startsWith("[")),
  };
}

function parseRange(text: string): [number, number] {
  const [first, last] = text.split("-").map(Number);
  if (first === undefined || Number.isNaN(first)) throw new Error(`not a slot range: "${text}"`);
  return [first, last ?? first];
}

export function owns(line: NodeLine, slot: number): boolean {
  return line.ranges.some(([first, last]) => first <= slot && slot <= last);
}

export function slotCount(line: NodeLine): number {
  return line.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
