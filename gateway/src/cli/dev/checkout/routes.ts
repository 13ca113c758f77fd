import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { timeout } from "hono/timeout";
import { z } from "zod";
import type { Pages } from "../../../http/index.js";
import type { OrderState, Orders } from "./orders.js";

/** Bytes of a request's body. */
const MAX_BODY = 1_024;
/** ms that Redis may take; its connection tries again for much longer. */
const PATIENCE = 3_000;
/** s; a demo's keys shall not stay for ever by accident. */
const MAX_HOLD = 3_600;

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const ID_RULE = "an order's id takes 1 to 64 letters, digits, - and _";

const NO_TOKEN = "this gateway verifies tokens with public keys, so it can make none for the demo";

const newOrder = z.strictObject({
  id: z.string().regex(ID),
  expire: z.number().int().min(1).max(MAX_HOLD),
});

/** What every route of the checkout answers. */
interface Answer {
  readonly status: "set" | "not_set" | "found" | "not_found" | "paid" | "bad_request" | "failed";
  readonly data: OrderState | null;
  /** A sentence; null where all is well. */
  readonly error: string | null;
}

export interface CheckoutPorts {
  readonly orders: Orders;
  /** The built page, under `demo/checkout/`. */
  readonly pages: Pages;
  /** A token for the page; undefined where none can be made. */
  readonly token: () => Promise<string | undefined>;
  /** An error that is none of the caller's doing. */
  readonly failed: (error: unknown) => void;
}

/** The checkout of `keywire dev`: its page, and the three things that one can do to an order. */
export function checkoutRoutes({ orders, pages, token, failed }: CheckoutPorts): Hono {
  const routes = new Hono();

  routes.get("/demo/checkout", async (context, next) => {
    if ((await token()) === undefined) return context.text(NO_TOKEN, 503);
    return pages.answer(context, "") ?? next();
  });
  routes.get("/demo/checkout/token", async (context) => {
    const minted = await token();
    context.header("Cache-Control", "no-store");
    return minted === undefined ? context.text(NO_TOKEN, 503) : context.text(minted);
  });
  routes.get(
    "/demo/checkout/:file{.+}",
    (context, next) => pages.answer(context, context.req.param("file")) ?? next(),
  );

  routes.use(
    "/checkout/*",
    bodyLimit({
      maxSize: MAX_BODY,
      onError: (context) => answer(context, 413, refusal(`a body takes ${MAX_BODY} bytes`)),
    }),
  );
  routes.use("/checkout/*", timeout(PATIENCE));
  routes.post("/checkout", async (context) => {
    const order = await read(context);
    if (typeof order === "string") return answer(context, 400, refusal(order));
    const { isNew, ...data } = await orders.place(order.id, order.expire);
    if (isNew) return answer(context, 201, { status: "set", data, error: null });
    const error = `order ${order.id} is there already, so it was not set`;
    return answer(context, 409, { status: "not_set", data, error });
  });
  routes.get("/checkout/:id", (context) => one(context, "found", (id) => orders.find(id)));
  routes.post("/checkout/:id/pay", (context) => one(context, "paid", (id) => orders.pay(id)));

  routes.onError((error, context) => {
    failed(error);
    const sentence = "the order could not be looked at just now; try again in a moment";
    return answer(context, 503, { status: "failed", data: null, error: sentence });
  });

  return routes;
}

/** A body as an order, or what is wrong with it. */
async function read(context: Context): Promise<z.infer<typeof newOrder> | string> {
  // A page of another origin could send other types without being asked for leave.
  if (!/^application\/json\b/i.test(context.req.header("Content-Type") ?? "")) {
    return "a new order takes Content-Type: application/json";
  }
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = newOrder.safeParse(body);
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map(({ path }) => path[0]));
  if (names.has("id")) return ID_RULE;
  if (names.has("expire")) return `"expire" takes whole seconds from 1 to ${MAX_HOLD}`;
  return `a new order takes {"id":"<id>","expire":<seconds>}`;
}

async function one(
  context: Context,
  status: "found" | "paid",
  look: (id: string) => Promise<OrderState | undefined>,
): Promise<Response> {
  const id = context.req.param("id") ?? "";
  if (!ID.test(id)) return answer(context, 400, refusal(ID_RULE));
  const data = await look(id);
  if (data !== undefined) return answer(context, 200, { status, data, error: null });
  const error = `there is no order ${id}: it was never placed, or is released`;
  return answer(context, 404, { status: "not_found", data: null, error });
}

function refusal(error: string): Answer {
  return { status: "bad_request", data: null, error };
}

function answer(
  context: Context,
  status: 200 | 201 | 400 | 404 | 409 | 413 | 503,
  body: Answer,
): Response {
  context.header("Cache-Control", "no-store");
  return context.json(body, status);
}
