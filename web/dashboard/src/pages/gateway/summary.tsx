import { count, counted, noun } from "../../text/format.js";
import { Figure } from "../../ui/figure.js";
import type { GatewayState } from "./state.js";

/** The whole gateway in one line: from many clients to few Redis subscriptions. */
export function Summary({ state }: { readonly state: GatewayState }) {
  const { nodes, feeds, channels, sessions } = state;
  const ready = nodes.filter((node) => node.state === "ready").length;
  const subscriptions = sessions.reduce((sum, session) => sum + session.subscriptions.length, 0);
  return (
    <section class="summary" aria-label="Summary">
      <Figure value={count(sessions.length)} name={noun(sessions.length, "session")}>
        {counted(subscriptions, "subscription")}
      </Figure>
      <Figure value={count(channels.length)} name={noun(channels.length, "channel")}>
        shared by them
      </Figure>
      <Figure value={count(feeds.length)} name="upstream">
        {noun(feeds.length, "subscription")} at Redis
      </Figure>
      <Figure value={`${count(ready)}/${count(nodes.length)}`} name={noun(nodes.length, "node")}>
        {ready === nodes.length ? "ready" : "ready, the others are not"}
      </Figure>
    </section>
  );
}
