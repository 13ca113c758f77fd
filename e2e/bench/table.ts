import { format, type WorkloadResult } from "./run.js";
import type { Figures, Judgement, Mark } from "./workload.js";

/** A workload's medians as a table: figures, and behind them how many times those of the first case. */
export function tableOf({ workload, medians, missing }: WorkloadResult): string {
  const [base] = medians.values();
  const columns = [...new Set([...medians.values()].flatMap((figures) => Object.keys(figures)))];
  const rows = [...medians].map(([name, figures]) => [
    name,
    ...columns.map((column) => cell(figures, base, column)),
  ]);
  return [
    `${workload.title} (${workload.name})`,
    ...aligned([["", ...columns], ...rows]),
    ...missing,
  ].join("\n");
}

function cell(figures: Figures, base: Figures | undefined, column: string): string {
  const figure = figures[column];
  const against = base?.[column];
  if (figure === undefined) return "-";
  if (figures === base || against === undefined || against === 0) return format(figure);
  return `${format(figure)} (${(figure / against).toFixed(2)})`;
}

/** All marks of these workloads, with what became of each. */
export function marksOf(
  results: readonly WorkloadResult[],
): { readonly mark: Mark; readonly judgement: Judgement | undefined }[] {
  return results.flatMap(({ workload, medians }) =>
    (workload.marks ?? []).map((mark) => ({ mark, judgement: mark.judge(medians) })),
  );
}

export function marksTable(results: readonly WorkloadResult[]): string {
  const rows = marksOf(results).map(({ mark, judgement }) => [
    mark.what,
    mark.atLeast,
    judgement?.was ?? "not measured",
    judgement === undefined ? "" : judgement.reached ? "reached" : "NOT REACHED",
  ]);
  return aligned([["mark", "at least", "was", ""], ...rows]).join("\n");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
