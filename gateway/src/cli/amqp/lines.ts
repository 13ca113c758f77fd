import { formatDuration } from "../../config.js";
import { visible } from "../../observe/visible.js";
import { type Output, style } from "../output.js";

type Fields = Readonly<Record<string, unknown>>;

/** The forwarder's state as people read it. */
export function statusLines(answer: unknown, output: Pick<Output, "color">): string[] {
  const { state, configuration, changed, gateways } = fieldsOf(answer);
  if (state === "off") return ["the AMQP forwarder is off; KEYWIRE_AMQP_URL turns it on"];
  const set = new Set(Array.isArray(changed) ? changed : []);
  const settings = Object.entries(fieldsOf(configuration)).map(([name, value]) => {
    const line = `  ${name.padEnd(15)} ${visible(JSON.stringify(value))}`;
    return set.has(name) ? `${line}  (set at run time)` : style(output, "dim", line);
  });
  const sinks = Array.isArray(gateways) ? gateways.map(fieldsOf) : [];
  return [...sinks.flatMap((sink) => sinkLines(sink, output)), "", ...settings];
}

function sinkLines(sink: Fields, output: Pick<Output, "color">): string[] {
  const { state, since, reason } = fieldsOf(sink["connection"]);
  const counts = fieldsOf(sink["counts"]);
  const { length, awaySince } = fieldsOf(sink["fallback"]);
  const lost = Object.entries(fieldsOf(fieldsOf(sink["lost"])["events"]));
  const color = state === "connected" ? "green" : state === "idle" ? "dim" : "yellow";
  const lasted = formatDuration(
    Math.round(Math.max(0, Date.now() - Number(since)) / 1_000) * 1_000,
  );
  const why = reason === undefined ? "" : `: ${visible(String(reason))}`;
  return [
    `gateway ${visible(String(sink["gateway"]))}  ${style(output, color, String(state))} for ${lasted}${why}`,
    `  ${counts["published"]} published, ${counts["confirmed"]} confirmed, ${counts["repeated"]} repeated, ${sink["inFlight"]} under way`,
    `  ${length ?? "?"} in the fallback, ${counts["stored"]} were put there${awaySince === undefined ? "" : "; Redis does not answer"}`,
    ...lost
      .filter(([, count]) => count !== 0)
      .map(([why, count]) => `  ${style(output, "red", `${count} lost (${visible(why)})`)}`),
  ];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
