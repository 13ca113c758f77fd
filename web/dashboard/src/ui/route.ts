import { type ReadonlySignal, signal } from "@preact/signals";
import { parseFragment } from "../session/fragment.js";

export type Route = "/events" | "/triggers" | "/amqp" | "/gateway";

const DEFAULT_ROUTE: Route = "/events";
const ROUTES: ReadonlySet<string> = new Set<Route>(["/events", "/triggers", "/amqp", "/gateway"]);

/** The page that the address names; unknown ones are the first page. */
export function routeOf(hash: string): Route {
  const { path } = parseFragment(hash);
  return path !== null && isRoute(path) ? path : DEFAULT_ROUTE;
}

function isRoute(path: string): path is Route {
  return ROUTES.has(path);
}

/** The page that the address names, for the life of the document. */
export function watchRoute(window: Window): ReadonlySignal<Route> {
  const route = signal(routeOf(window.location.hash));
  window.addEventListener("hashchange", () => {
    route.value = routeOf(window.location.hash);
  });
  return route;
}
