import type { ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Dashboard } from "./dashboard.js";
import { AmqpPage } from "./pages/amqp/amqp-page.js";
import { EventsPage } from "./pages/events/events-page.js";
import { GatewayPage } from "./pages/gateway/gateway-page.js";
import { SignInPage } from "./pages/sign-in/sign-in-page.js";
import { TriggersPage } from "./pages/triggers/triggers-page.js";
import { suggestChannels } from "./session/suggest.js";
import { Account } from "./ui/account.js";
import { ConnectionStatus } from "./ui/connection-status.js";
import { Disconnected } from "./ui/disconnected.js";
import { Header, type NavEntry } from "./ui/header.js";
import type { Route } from "./ui/route.js";
import { SkipToPage } from "./ui/skip-to-page.js";
import { ToastPlace } from "./ui/toast-place.js";

const PAGES: readonly NavEntry[] = [
  { route: "/events", name: "Events" },
  { route: "/triggers", name: "Triggers" },
  { route: "/amqp", name: "AMQP" },
  { route: "/gateway", name: "Gateway" },
];

interface AppProps {
  readonly dashboard: Dashboard;
  readonly route: ReadonlySignal<Route>;
}

export function App({ dashboard, route }: AppProps) {
  const { auth, stream, link } = dashboard;
  const state = auth.state.value;
  const current = route.value;
  const page = state.kind === "out" ? "Sign in" : PAGES.find((one) => one.route === current)?.name;
  // What a tab, a bookmark and a screen reader call the page.
  useEffect(() => {
    document.title = `${page} · Keywire`;
  }, [page]);
  if (state.kind === "out") {
    return (
      <div class="shell">
        <Header pages={[]} current={null} />
        <SignInPage reason={state.reason} onSignIn={(token) => auth.signIn(token)} />
      </div>
    );
  }
  const { token, claims } = state;
  const connection = link.value?.connection.value;
  return (
    <div class="shell">
      <SkipToPage />
      <Header pages={PAGES} current={current}>
        {connection !== undefined && <ConnectionStatus connection={connection} />}
        <Account claims={claims} onSignOut={() => dashboard.signOut()} />
      </Header>
      {connection?.kind === "failed" && (
        <Disconnected reason={connection.reason} onReconnect={() => dashboard.reconnect()} />
      )}
      {current === "/gateway" && <GatewayPage token={token} />}
      {current === "/amqp" && <AmqpPage token={token} />}
      {current === "/triggers" && <TriggersPage token={token} />}
      {current === "/events" && (
        <EventsPage stream={stream} suggestions={suggestChannels(claims)} />
      )}
      <ToastPlace />
    </div>
  );
}
