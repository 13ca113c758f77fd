import "./style.css";
import { connect } from "@keywire/client";
import { mirror, type Order } from "./orders.js";

/** Released orders that stay on the page. */
const RELEASED_SHOWN = 8;

const wire = connect("/v1/ws", { token: async () => text(await fetch("/demo/checkout/token")) });
const names: Record<string, string> = { open: "Live", failed: "Not connected" };
wire.on("state", ({ state }) => {
  find("#connection").textContent = names[state] ?? "Connecting";
  find("#connection").dataset["state"] = state;
});
wire.on("error", ({ message }) => tell(message));

mirror(wire.subscribe("prefix:checkout:", { value: true, snapshot: 200 }), (orders) => {
  // A browser that can slides what moved from list to list; others show it where it belongs.
  if (document.startViewTransition && !document.hidden) {
    // A change that comes meanwhile cuts the slide short, which is as well.
    document.startViewTransition(() => show(orders)).ready.catch(() => {});
  } else show(orders);
});

find("#new-order").addEventListener("submit", (event) => {
  event.preventDefault();
  const expire = Number(new FormData(event.target as HTMLFormElement).get("expire"));
  const id = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36).slice(-5) ?? "";
  void post("/checkout", { id, expire });
});

/** Nothing is put on the page for it: the order appears when Redis tells that it is there. */
async function post(path: string, body: object): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })
    .then((response) => response.json())
    .catch(() => ({ error: "The gateway cannot be reached." }));
  tell(answer.error ?? "");
}

function show(orders: readonly Order[]): void {
  const focused = document.activeElement?.closest<HTMLElement>("[data-order]")?.dataset["order"];
  const newest = (wanted: Order["state"]) =>
    orders.filter(({ state }) => state === wanted).reverse();
  fill(
    "#held-orders",
    newest("held").sort((a, b) => a.due - b.due),
  );
  fill("#paid-orders", newest("paid"));
  fill("#released-orders", newest("released").slice(0, RELEASED_SHOWN));
  document.querySelector<HTMLElement>(`[data-order="${focused}"] .pay`)?.focus();
}

function fill(list: string, orders: readonly Order[]): void {
  find(list).replaceChildren(...orders.map(itemOf));
}

function itemOf({ id, state, due, hold }: Order): Node {
  const item = (find<HTMLTemplateElement>("#order").content.cloneNode(true) as Element)
    .firstElementChild as HTMLElement;
  item.style.setProperty("view-transition-name", `order-${id}`);
  item.dataset["order"] = id;
  find(".name", item).textContent = id;
  if (state !== "held") {
    find(".ring", item).remove();
    find(".pay", item).remove();
    find(".time", item).textContent = state;
    return item;
  }
  // The ring empties by itself: an animation as long as the hold, begun as long ago as it is held.
  item.style.setProperty("--hold", `${hold}ms`);
  item.style.setProperty("--since", `${due - hold - Date.now()}ms`);
  item.dataset["due"] = String(due);
  find(".pay", item).setAttribute("aria-label", `Pay for order ${id}`);
  find(".pay", item).addEventListener("click", () => void post(`/checkout/${id}/pay`, {}));
  countDown(item);
  return item;
}

function countDown(item: HTMLElement): void {
  const seconds = Math.ceil((Number(item.dataset["due"]) - Date.now()) / 1_000);
  find(".time", item).textContent = `${Math.max(0, seconds)} s left`;
}

setInterval(() => {
  for (const item of document.querySelectorAll<HTMLElement>("[data-due]")) countDown(item);
}, 200);

function tell(trouble: string): void {
  find("#trouble").textContent = trouble;
}

async function text(response: Response): Promise<string> {
  if (!response.ok) throw new Error(await response.text());
  return response.text();
}

function find<E extends HTMLElement = HTMLElement>(selector: string, within?: ParentNode): E {
  const found = (within ?? document).querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}
