import { count, noun, short } from "../../text/format.js";
import { Figure } from "../../ui/figure.js";
import type { Pace } from "./pace.js";
import type { AmqpState } from "./state.js";

/** The forwarder in one line, all gateways together. */
export function AmqpSummary({ state, pace }: { readonly state: AmqpState; readonly pace: Pace }) {
  const { sinks } = state;
  const connected = sinks.filter((sink) => sink.state === "connected").length;
  const rate = (name: string) =>
    sinks.reduce((sum, { gateway }) => sum + (pace.of(gateway, name) ?? 0), 0);
  const total = (name: string) => sinks.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  const fallback = sinks.find((sink) => sink.fallback !== null)?.fallback ?? null;
  const lost = sinks.reduce((sum, sink) => sum + sink.lost, 0);
  return (
    <section class="summary" aria-label="Summary">
      <Figure value={`${count(connected)}/${count(sinks.length)}`} name="connected">
        {noun(sinks.length, "gateway")}, when there is something to send
      </Figure>
      <Figure value={short(Math.round(rate("confirmed")))} name="per second">
        {count(total("confirmed"))} confirmed in all
      </Figure>
      <Figure value={fallback === null ? "–" : short(fallback)} name="in the fallback">
        {fallback === 0 ? "all has been sent" : `${short(Math.round(rate("drained")))}/s are sent`}
      </Figure>
      <Figure value={short(lost)} name={lost === 0 ? "lost" : "lost, as far as is known"}>
        {count(total("repeated"))} repeated
      </Figure>
    </section>
  );
}
