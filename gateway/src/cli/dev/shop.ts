/** A Redis command and its arguments. */
export type Command = readonly [name: string, ...args: (string | number)[]];

const CUSTOMERS = [
  "ada",
  "alan",
  "barbara",
  "edsger",
  "grace",
  "katherine",
  "ken",
  "radia",
] as const;
const PRODUCTS = ["espresso", "grinder", "kettle", "mug", "scale", "teapot"] as const;
const CARRIERS = ["bike", "drone", "train"] as const;
const PAGES = ["home", "products", "about"] as const;

/** Orders under way at most; each is a key until it is done. */
const MAX_OPEN_ORDERS = 24;
/** s that a finished order is kept. */
const ORDER_TTL = 20;
/** s that goods are reserved for an order that is not paid. */
const RESERVATION_TTL = 8;
/** s that a session lasts, at least and on top. */
const SESSION_TTL = [6, 12] as const;
/** s that a cart lasts untouched. */
const CART_TTL = 30;
/** Entries kept of lists and streams. */
const KEPT_ENTRIES = 50;
const FULL_STOCK = 40;

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly product: string;
  /** In cents. */
  readonly total: number;
  readonly state: "created" | "paid" | "shipped";
}

/**
 * A shop that makes the traffic of `keywire dev`: orders that are created, paid, shipped, cancelled
 * and expire, sessions, carts, counters, a leaderboard. Pure: it says what to send, and by the random
 * numbers it is given decides what comes next. The keys it leaves are a bounded number.
 */
export class Shop {
  readonly #random: () => number;
  readonly #stock = new Map<string, number>(PRODUCTS.map((product) => [product, FULL_STOCK]));
  #orders: readonly Order[] = [];
  #nextOrder = 1_001;

  /** @param random numbers from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** What happens next: the commands of one customer's doing. */
  next(): Command[] {
    const dice = this.#random();
    if (dice < 0.22) return this.#order();
    if (dice < 0.62) return this.#proceed();
    if (dice < 0.72) return this.#browse();
    if (dice < 0.82) return this.#logIn();
    if (dice < 0.92) return this.#fillCart();
    return this.#restock();
  }

  #order(): Command[] {
    if (this.#orders.length >= MAX_OPEN_ORDERS) return this.#proceed();
    const id = this.#nextOrder++;
    const total = 500 + Math.floor(this.#random() * 9_500);
    const [customer, product] = [this.#pick(CUSTOMERS), this.#pick(PRODUCTS)];
    const order: Order = { id, customer, product, total, state: "created" };
    this.#orders = [...this.#orders, order];
    return [
      [
        "HSET",
        `order:${id}`,
        ...["state", "created", "customer", customer],
        ...["product", product, "total", euros(total)],
      ],
      ["SET", `reservation:${id}`, product, "EX", RESERVATION_TTL],
      ["INCR", "stats:orders"],
    ];
  }

  #proceed(): Command[] {
    const order = this.#orders[Math.floor(this.#random() * this.#orders.length)];
    if (order === undefined) return this.#order();
    switch (order.state) {
      case "created":
        return this.#random() < 0.15 ? this.#cancel(order) : this.#pay(order);
      case "paid":
        return this.#ship(order);
      case "shipped":
        return this.#deliver(order);
    }
  }

  #cancel(order: Order): Command[] {
    this.#replace(order);
    return [
      ["DEL", `order:${order.id}`],
      ["DEL", `reservation:${order.id}`],
      ["INCR", "stats:cancelled"],
    ];
  }

  #pay(order: Order): Command[] {
    this.#replace(order, { ...order, state: "paid" });
    return [
      ["HSET", `order:${order.id}`, "state", "paid"],
      ["DEL", `reservation:${order.id}`],
      ["INCRBY", "stats:revenue", order.total],
      ["ZINCRBY", "leaderboard:customers", order.total, order.customer],
    ];
  }

  #ship(order: Order): Command[] {
    this.#replace(order, { ...order, state: "shipped" });
    const stock = (this.#stock.get(order.product) ?? FULL_STOCK) - 1;
    this.#stock.set(order.product, stock);
    return [
      ["HSET", `order:${order.id}`, "state", "shipped", "carrier", this.#pick(CARRIERS)],
      ["DECR", `stock:${order.product}`],
      ["LPUSH", "feed:shipped", `order:${order.id}`],
      ["LTRIM", "feed:shipped", 0, KEPT_ENTRIES - 1],
    ];
  }

  #deliver(order: Order): Command[] {
    this.#replace(order);
    return [
      ["HSET", `order:${order.id}`, "state", "delivered"],
      ["EXPIRE", `order:${order.id}`, ORDER_TTL],
      ["XADD", "log:delivered", "MAXLEN", KEPT_ENTRIES, "*", "order", order.id],
    ];
  }

  #browse(): Command[] {
    return [["INCR", `views:${this.#pick(PAGES)}`]];
  }

  #logIn(): Command[] {
    const customer = this.#pick(CUSTOMERS);
    const session = Math.floor(this.#random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
    const ttl = SESSION_TTL[0] + Math.floor(this.#random() * SESSION_TTL[1]);
    return [
      ["SET", `session:${session}`, customer, "EX", ttl],
      [this.#random() < 0.5 ? "SADD" : "SREM", "customers:online", customer],
    ];
  }

  #fillCart(): Command[] {
    const cart = `cart:${this.#pick(CUSTOMERS)}`;
    return [
      ["HINCRBY", cart, this.#pick(PRODUCTS), 1],
      ["EXPIRE", cart, CART_TTL],
    ];
  }

  #restock(): Command[] {
    const lowest = [...this.#stock].sort(([, a], [, b]) => a - b)[0]?.[0] ?? PRODUCTS[0];
    this.#stock.set(lowest, FULL_STOCK);
    return [["SET", `stock:${lowest}`, FULL_STOCK]];
  }

  #replace(order: Order, successor?: Order): void {
    this.#orders = this.#orders.flatMap((open) => (open === order ? (successor ?? []) : open));
  }

  #pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.#random() * choices.length)] ?? choices[0];
  }
}

function euros(cents: number): string {
  return (cents / 100).toFixed(2);
}
