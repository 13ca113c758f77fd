import { visible } from "../../observe/visible.js";
import { type Output, style } from "../output.js";

/** Lines before and behind. */
const AROUND = 2;

/** A line of a source with those around it, numbered and pointed at; none where there is no such line. */
export function excerptLines(
  source: string,
  line: number,
  output: Pick<Output, "color">,
): string[] {
  const lines = source.split("\n");
  if (line < 1 || line > lines.length) return [];
  const last = Math.min(lines.length, line + AROUND);
  const width = String(last).length;
  return lines.slice(Math.max(0, line - 1 - AROUND), last).map((text, index) => {
    const number = Math.max(1, line - AROUND) + index;
    const shown = `${String(number).padStart(width)} | ${visible(text)}`.trimEnd();
    return number === line ? style(output, "red", `> ${shown}`) : `  ${shown}`;
  });
}
