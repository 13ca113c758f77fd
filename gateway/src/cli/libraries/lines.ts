import { visible } from "../../observe/visible.js";
import { type Output, style } from "../output.js";

type Fields = Readonly<Record<string, unknown>>;

/** A library as people read it, a line each for what it registers. */
export function libraryLines(library: unknown, output: Pick<Output, "color">): string[] {
  const fields = fieldsOf(library);
  const lines = [
    `${style(output, "bold", shown(fields["name"]))}  ${style(output, "dim", aside(fields))}`,
  ];
  const problem = fieldsOf(fields["problem"])["message"];
  if (problem !== undefined) {
    lines.push(`  ${style(output, "red", `does not run here: ${shown(problem)}`)}`);
  }
  lines.push(...listOf(fields["functions"]).map((one) => `  function  ${functionLine(one)}`));
  const clusterFunctions = listOf(fields["cluster_functions"]);
  lines.push(...clusterFunctions.map((one) => `  function  ${shown(one)} (cluster)`));
  for (const trigger of listOf(fields["keyspace_triggers"]))
    lines.push(...triggerLines(trigger, output));
  for (const trigger of listOf(fields["stream_triggers"]))
    lines.push(...streamLines(trigger, output));
  lines.push(...missedLines(fieldsOf(fields["missed"]), output));
  const { code } = fields as { code?: unknown };
  if (typeof code === "string")
    lines.push(...code.split("\n").map((line) => `  | ${visible(line)}`));
  return lines;
}

function aside(fields: Fields): string {
  const configuration = JSON.stringify(fields["configuration"] ?? {});
  return [
    `api ${shown(fields["api_version"] ?? "?")}`,
    `${shown(fields["pending_jobs"])} pending`,
    ...(configuration === "{}" ? [] : [`configuration ${visible(configuration)}`]),
  ].join(", ");
}

function functionLine(one: unknown): string {
  if (typeof one === "string") return visible(one);
  const { name, is_async: isAsync, flags, description } = fieldsOf(one);
  const notes = [...(isAsync === true ? ["async"] : []), ...listOf(flags).map(shown)];
  const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  return `${shown(name)}${note}${described(description)}`;
}

function triggerLines(trigger: unknown, output: Pick<Output, "color">): string[] {
  if (typeof trigger === "string") return [`  trigger   ${visible(trigger)}`];
  const fields = fieldsOf(trigger);
  const counted = [
    `${shown(fields["num_triggered"])} triggered`,
    `${shown(fields["num_success"])} fine`,
    `${shown(fields["num_failed"])} failed`,
    `${shown(fields["avg_execution_time"])} ms on average`,
    `${shown(fields["last_execution_time"])} ms last`,
  ].join(", ");
  const lines = [
    `  trigger   ${shown(fields["name"])} on ${prefixOf(fields)}${described(fields["description"])}`,
    `            ${style(output, "dim", counted)}`,
  ];
  return [...lines, ...errorLines(fields, output)];
}

function streamLines(trigger: unknown, output: Pick<Output, "color">): string[] {
  if (typeof trigger === "string") return [`  stream    ${visible(trigger)}`];
  const fields = fieldsOf(trigger);
  const trim = fields["trim"] === true ? ", trimmed" : "";
  const head = `${shown(fields["name"])} on ${prefixOf(fields)}, window ${shown(fields["window"])}${trim}`;
  const lines = [`  stream    ${head}${described(fields["description"])}`];
  for (const stream of listOf(fields["streams"]).map(fieldsOf)) {
    const pending = listOf(stream["pending_ids"]).length;
    const counted = `${shown(stream["total_record_processed"])} records up to ${shown(stream["id_to_read_from"])}, ${pending} under way, lag ${shown(stream["last_lag"])} ms`;
    lines.push(`            ${shown(stream["name"])}: ${style(output, "dim", counted)}`);
    lines.push(...errorLines(stream, output));
  }
  return lines;
}

function errorLines(fields: Fields, output: Pick<Output, "color">): string[] {
  const error = fields["last_error"];
  return typeof error === "string"
    ? [`            ${style(output, "red", `last error: ${visible(error)}`)}`]
    : [];
}

function missedLines(missed: Fields, output: Pick<Output, "color">): string[] {
  const [events, stretches] = [Number(missed["events"] ?? 0), Number(missed["stretches"] ?? 0)];
  if (events + stretches === 0) return [];
  const parts = [
    ...(events > 0 ? [`${events} events`] : []),
    ...(stretches > 0 ? [`those of ${stretches} stretches of time`] : []),
  ];
  const { reason } = fieldsOf(missed["last"]);
  return [
    `  ${style(output, "yellow", `missed: ${parts.join(" and ")} (last: ${shown(reason)})`)}`,
  ];
}

function prefixOf(fields: Fields): string {
  const prefix = fields["prefix"];
  if (typeof prefix === "string")
    return prefix === "" ? "all keys" : JSON.stringify(visible(prefix));
  return fields["prefix_raw"] === undefined ? "?" : `base64:${shown(fields["prefix_raw"])}`;
}

function described(description: unknown): string {
  return typeof description === "string" ? `: ${visible(description)}` : "";
}

function shown(value: unknown): string {
  return visible(typeof value === "string" ? value : String(value ?? ""));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
