import { Load } from "./load.mjs";

/**
 * The load generator's process: it is told what to do, and answers when that is done.
 *
 * @typedef {{ readonly do: "connect", readonly request: import("./load.mjs").ConnectRequest }
 *   | { readonly do: "write", readonly request: import("./load.mjs").WriteRequest }
 *   | { readonly do: "close" }} Order
 */

const load = new Load();

/** @param {Order} order */
async function obey(order) {
  switch (order.do) {
    case "connect":
      return load.connect(order.request);
    case "write":
      return load.write(order.request);
    case "close":
      return load.close();
  }
}

process.on("message", (/** @type {Order} */ order) => {
  obey(order).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
