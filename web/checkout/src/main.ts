import "./style.css";
import { connect } from "@keywire/client";
import { mirror, type Order } from "./orders.js";

/** What is drawn already: an order that did not change keeps its item, and whoever is clicking on it. */
const items = new WeakMap<Order, HTMLElement>();

const blank = find("li", find<HTMLTemplateElement>("#order").content);
const drawn = () => document.querySelectorAll<HTMLElement>("[data-order]");
const placeOf = (item: HTMLElement) => item.getBoundingClientRect();
const tell = (trouble: string) => find("#trouble").replaceChildren(trouble);
const wire = connect("/v1/ws", { token: async () => (await fetch("/demo/checkout/token")).text() });
const names: Record<string, string> = { open: "Live", failed: "Not connected" };
wire.on("state", ({ state }) => {
  find("#connection").textContent = names[state] ?? "Connecting";
  find("#connection").dataset["state"] = state;
  if (state === "open") tell("");
});
wire.on("error", ({ message }) => tell(message));

mirror(wire.subscribe("prefix:checkout:", { value: true, snapshot: 200 }), (orders) => {
  const before = new Map([...drawn()].map((item) => [item.dataset["order"], placeOf(item)]));
  show(orders);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const item of drawn()) slide(item, before.get(item.dataset["order"]));
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
  for (const wanted of ["held", "paid", "released"] as const) {
    const found = orders.filter(({ state }) => state === wanted).reverse();
    if (wanted === "held") found.sort((a, b) => a.due - b.due);
    fill(find(`#${wanted}-orders`), found);
  }
}

/** Leaves in place what is there already: screen readers read out what is new, and nothing else. */
function fill(list: Element, orders: readonly Order[]): void {
  const wanted = orders.map((order) => items.get(order) ?? draw(order));
  for (const item of [...list.children]) if (!wanted.some((one) => one === item)) item.remove();
  wanted.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
}

/** From where its order was, in whichever list. The item itself moves, so it can be clicked on the way. */
function slide(item: HTMLElement, from?: DOMRect): void {
  for (const earlier of item.getAnimations()) earlier.cancel();
  const { x, y } = placeOf(item);
  const translate = from ? [`${from.x - x}px ${from.y - y}px`, "none"] : ["0 -0.75rem", "none"];
  item.animate({ translate }, { duration: 300, easing: "ease-out" });
}

function draw(order: Order): HTMLElement {
  const { id, state, due, hold } = order;
  const item = blank.cloneNode(true) as HTMLElement;
  items.set(order, item);
  item.dataset["order"] = id;
  find(".name", item).textContent = id;
  find(".time", item).textContent = state;
  if (state !== "held") return item;
  // The ring empties by itself: an animation as long as the hold, begun as long ago as it is held.
  item.style.cssText = `--hold: ${hold}ms; --since: ${due - hold - Date.now()}ms`;
  item.dataset["due"] = String(due);
  const pay = find(".pay", item);
  pay.ariaLabel = `Pay for order ${id}`;
  pay.onclick = () => post(`/checkout/${encodeURIComponent(id)}/pay`, {});
  countDown(item);
  return item;
}

function countDown(item: HTMLElement): void {
  const seconds = Math.ceil((Number(item.dataset["due"]) - Date.now()) / 1_000);
  find(".time", item).textContent = `${Math.max(0, seconds)} s left`;
}

setInterval(() => document.querySelectorAll<HTMLElement>("[data-due]").forEach(countDown), 200);

function find<E extends HTMLElement = HTMLElement>(selector: string, within?: ParentNode): E {
  const found = (within ?? document).querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}
