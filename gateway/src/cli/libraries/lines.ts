import { visible } from "../../observe/visible.js";
import { type Output, style } from "../output.js";
import { type TableColumn, tableLines } from "./table.js";

type Fields = Readonly<Record<string, unknown>>;
type Look = Pick<Output, "color">;

const INDENT = "  ";
const TRIGGERS: readonly TableColumn[] = [
  ...[{ name: "trigger" }, { name: "keys" }, { name: "events" }],
  ...["triggered", "success", "failed", "average ms", "last ms"].map(figure),
];
const STREAMS: readonly TableColumn[] = [
  ...[{ name: "stream trigger" }, { name: "keys" }, { name: "stream" }],
  ...["window", "records", "under way", "lag ms", "average ms"].map(figure),
];
const FUNCTIONS: readonly TableColumn[] = [
  { name: "function" },
  { name: "flags" },
  { name: "description" },
];

/** A library as people read it: a line of its own, and tables of what it registers. */
export function libraryLines(library: unknown, output: Look): string[] {
  const fields = fieldsOf(library);
  const body = [
    ...problemLines(fields, output),
    ...section(TRIGGERS, listOf(fields["keyspace_triggers"]).map(triggerRow), output),
    ...section(STREAMS, listOf(fields["stream_triggers"]).flatMap(streamRows), output),
    ...section(FUNCTIONS, functionRows(fields), output),
    ...errorLines(fields, output),
    ...missedLines(fieldsOf(fields["missed"]), output),
    ...codeLines(fields["code"]),
  ];
  const head = `${style(output, "bold", shown(fields["name"]))}  ${style(output, "dim", aside(fields))}`;
  return [head, ...body.map((line) => `${INDENT}${line}`.trimEnd())];
}

function figure(name: string): TableColumn {
  return { name, isFigure: true };
}

function section(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  output: Look,
): string[] {
  return rows.length === 0 ? [] : tableLines(columns, rows, output);
}

function aside(fields: Fields): string {
  const configuration = JSON.stringify(fields["configuration"] ?? {});
  return [
    `api ${shown(fields["api_version"] ?? "?")}`,
    `${shown(fields["pending_jobs"])} pending`,
    ...(configuration === "{}" ? [] : [`configuration ${visible(configuration)}`]),
  ].join(", ");
}

function problemLines(fields: Fields, output: Look): string[] {
  const { message } = fieldsOf(fields["problem"]);
  if (message === undefined) return [];
  return [style(output, "red", `does not run here: ${shown(message)}`)];
}

function triggerRow(trigger: unknown): string[] {
  if (typeof trigger === "string") return [visible(trigger)];
  const fields = fieldsOf(trigger);
  const { events } = fields;
  return [
    shown(fields["name"]),
    prefixOf(fields),
    Array.isArray(events) ? events.map(shown).join(",") : "all",
    ...["num_triggered", "num_success", "num_failed"].map((name) => shown(fields[name])),
    ...["avg_execution_time", "last_execution_time"].map((name) => shown(fields[name])),
  ];
}

/** One for each of its streams, or one that says that there is none. */
function streamRows(trigger: unknown): string[][] {
  if (typeof trigger === "string") return [[visible(trigger)]];
  const fields = fieldsOf(trigger);
  const head = [shown(fields["name"]), prefixOf(fields)];
  const streams = listOf(fields["streams"]).map(fieldsOf);
  if (streams.length === 0) return [[...head, "–", shown(fields["window"])]];
  return streams.map((stream) => {
    const processed = Number(stream["total_record_processed"] ?? 0);
    const average = Number(stream["total_processed_time"] ?? 0) / processed;
    return [
      ...head,
      keyOf(stream["name"], stream["name_raw"]),
      shown(fields["window"]),
      String(processed),
      String(listOf(stream["pending_ids"]).length),
      shown(stream["last_lag"]),
      processed === 0 ? "–" : String(Math.round(average * 1_000) / 1_000),
    ];
  });
}

function functionRows(fields: Fields): string[][] {
  const rows = listOf(fields["functions"]).map((one) => {
    if (typeof one === "string") return [visible(one)];
    const { name, is_async: isAsync, flags, description } = fieldsOf(one);
    const notes = [...(isAsync === true ? ["async"] : []), ...listOf(flags).map(shown)];
    return [shown(name), notes.join(","), shown(description)];
  });
  return [...rows, ...listOf(fields["cluster_functions"]).map((name) => [shown(name), "cluster"])];
}

function errorLines(fields: Fields, output: Look): string[] {
  const triggers = [...listOf(fields["keyspace_triggers"]), ...listOf(fields["stream_triggers"])];
  return triggers.map(fieldsOf).flatMap((trigger) =>
    [trigger, ...listOf(trigger["streams"]).map(fieldsOf)].flatMap(({ last_error: error }) => {
      if (typeof error !== "string") return [];
      return [style(output, "red", `last error of ${shown(trigger["name"])}: ${visible(error)}`)];
    }),
  );
}

function missedLines({ events, stretches, last }: Fields, output: Look): string[] {
  const parts = [
    ...(Number(events ?? 0) > 0 ? [`${shown(events)} events`] : []),
    ...(Number(stretches ?? 0) > 0
      ? [`those of ${shown(stretches)} ${stretches === 1 ? "stretch" : "stretches"} of time`]
      : []),
  ];
  if (parts.length === 0) return [];
  const { reason } = fieldsOf(last);
  return [style(output, "yellow", `missed: ${parts.join(" and ")} (last: ${shown(reason)})`)];
}

function codeLines(code: unknown): string[] {
  if (typeof code !== "string") return [];
  const lines = code.replace(/\n$/, "").split("\n");
  const width = String(lines.length).length;
  return lines.map((line, index) => `${String(index + 1).padStart(width)} | ${visible(line)}`);
}

function prefixOf({ prefix, prefix_raw: raw }: Fields): string {
  return prefix === "" ? "(all)" : keyOf(prefix, raw);
}

function keyOf(text: unknown, raw: unknown): string {
  if (typeof text === "string") return visible(text);
  return typeof raw === "string" ? `base64:${visible(raw)}` : "?";
}

function shown(value: unknown): string {
  return visible(String(value ?? ""));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
