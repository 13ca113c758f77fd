import { AdminFault } from "../../admin/admin-fault.js";
import { MAIN } from "../../ui/skip-to-page.js";
import { ChannelTable } from "./channel-table.js";
import { FeedTable } from "./feed-table.js";
import { NodeTable } from "./node-table.js";
import { SessionTable } from "./session-table.js";
import { Summary } from "./summary.js";
import { useGatewayState } from "./use-gateway-state.js";

/** What the gateway holds: upstream towards Redis, and downstream towards its clients. */
export function GatewayPage({ token }: { readonly token: string }) {
  const { state, at, fault } = useGatewayState(token);
  return (
    <main class="gateway" id={MAIN} tabIndex={-1}>
      {fault !== null && <AdminFault fault={fault} at={at} />}
      {state === null ? (
        fault === null && <p class="empty">Asking the gateway…</p>
      ) : (
        <>
          <Summary state={state} />
          <div class="gateway__tables">
            <div class="gateway__side">
              <NodeTable nodes={state.nodes} />
              <ChannelTable channels={state.channels} />
            </div>
            <div class="gateway__side">
              <FeedTable feeds={state.feeds} nodes={state.nodes} />
              <SessionTable sessions={state.sessions} />
            </div>
          </div>
        </>
      )}
    </main>
  );
}
