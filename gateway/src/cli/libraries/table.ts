import { type Output, style } from "../output.js";

export interface TableColumn {
  readonly name: string;
  /** Figures stand to the right. */
  readonly isFigure?: boolean;
}

/** Rows beneath their columns' names, each column as wide as it has to be. */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  output: Pick<Output, "color">,
): string[] {
  const head = columns.map(({ name }) => name.toUpperCase());
  const widths = head.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => (row[index] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ isFigure }, index) => {
        const [cell, width] = [cells[index] ?? "", widths[index] ?? 0];
        return isFigure ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [style(output, "dim", line(head)), ...rows.map(line)];
}
