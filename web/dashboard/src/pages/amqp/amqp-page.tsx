import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { AdminError, adminRequest } from "../../admin/admin-request.js";
import { usePolled } from "../../admin/use-polled.js";
import { clockTime } from "../../text/format.js";
import { sentence } from "../../text/sentence.js";
import { MAIN } from "../../ui/skip-to-page.js";
import { AmqpSummary } from "./amqp-summary.js";
import { LossTable } from "./loss-table.js";
import { Pace } from "./pace.js";
import { SettingsCard } from "./settings-card.js";
import { SinkTable } from "./sink-table.js";
import { type AmqpState, readAmqp } from "./state.js";

const PLAN = { path: "sinks/amqp", read: readAmqp, every: 1_000 };

/** What is forwarded to the broker, and what is not. */
export function AmqpPage({ token }: { readonly token: string }) {
  const changes = useSignal(0);
  const refusal = useSignal<AdminError | null>(null);
  const { state, at, fault } = usePolled(token, PLAN, changes.value);
  const pace = useMemo(() => new Pace(), [token]);
  if (state !== null && at !== null) pace.take(state.sinks, at);

  async function ask(action: "connect" | "disconnect"): Promise<void> {
    refusal.value = await adminRequest(`sinks/amqp/${action}`, { token, method: "POST" }).then(
      () => null,
      (error: unknown) =>
        error instanceof AdminError ? error : new AdminError("failed", String(error)),
    );
    changes.value++;
  }

  const shownFault = fault ?? refusal.value;
  return (
    <main class="gateway" id={MAIN} tabIndex={-1}>
      {shownFault !== null && (
        <p class="fault fault--box" role="alert">
          {sentence(shownFault.message)}
          {shownFault.code === "forbidden" &&
            " Sign in with a token that says admin to see this page."}
          {fault !== null && at !== null && ` What stands below is of ${clockTime(at)}.`}
        </p>
      )}
      {state === null
        ? fault === null && <p class="empty">Asking the gateway…</p>
        : content(state, pace, (action) => void ask(action))}
    </main>
  );
}

function content(state: AmqpState, pace: Pace, ask: (action: "connect" | "disconnect") => void) {
  if (state.isOff) {
    return (
      <div class="empty">
        <p>
          Nothing is forwarded: <code>KEYWIRE_AMQP_URL</code> names no broker.
        </p>
        <p class="empty__hint">
          Start the gateway with one, as in <code>amqp://127.0.0.1</code>, and events go to
          RabbitMQ.
        </p>
      </div>
    );
  }
  return (
    <>
      <AmqpSummary state={state} pace={pace} />
      <div class="amqp__actions">
        {state.wish === "disconnected" ? (
          <button type="button" class="button button--primary" onClick={() => ask("connect")}>
            Connect
          </button>
        ) : (
          <button type="button" class="button" onClick={() => ask("disconnect")}>
            Disconnect
          </button>
        )}
        <span class="amqp__hint">
          {state.wish === "disconnected"
            ? "Disconnected by hand: events go into the fallback."
            : "All gateways; while they are disconnected, events go into the fallback."}
        </span>
      </div>
      <SinkTable sinks={state.sinks} pace={pace} />
      <div class="gateway__tables">
        <LossTable losses={state.sinks.flatMap(({ losses }) => losses)} />
        <SettingsCard state={state} />
      </div>
    </>
  );
}
