import { count, counted } from "../../text/format.js";
import type { GatewayState } from "./state.js";

/** The whole gateway in one line: from many clients to few Redis subscriptions. */
export function Summary({ state }: { readonly state: GatewayState }) {
  const { nodes, feeds, channels, sessions } = state;
  const ready = nodes.filter((node) => node.state === "ready").length;
  const subscriptions = sessions.reduce((sum, session) => sum + session.subscriptions.length, 0);
  return (
    <section class="summary" aria-label="Summary">
      <Figure
        value={count(sessions.length)}
        name="sessions"
        note={counted(subscriptions, "subscription")}
      />
      <Figure value={count(channels.length)} name="channels" note="shared by them" />
      <Figure value={count(feeds.length)} name="upstream" note="subscriptions at Redis" />
      <Figure
        value={`${count(ready)}/${count(nodes.length)}`}
        name="nodes"
        note={ready === nodes.length ? "all ready" : "ready, the others are not"}
      />
    </section>
  );
}

interface FigureProps {
  readonly value: string;
  readonly name: string;
  readonly note: string;
}

function Figure({ value, name, note }: FigureProps) {
  return (
    <p class="figure">
      <span class="figure__value">{value}</span>
      <span class="figure__name">{name}</span>
      <span class="figure__note">{note}</span>
    </p>
  );
}
