/**
 * Who listens to what, and what is written: the same for the servers, the clients and the writer.
 *
 * Writes go through `keys` again and again, in their order. So the n-th event that a client gets is
 * known to be that of a certain write, and when it was written too, without reading a byte of it.
 *
 * @typedef {object} Listening
 * @property {readonly Interest[]} interests what the client subscribes to
 * @property {readonly number[]} places of the keys it hears of, in the order in which they are written
 *
 * @typedef {object} Interest
 * @property {"key" | "prefix"} kind
 * @property {string} name
 *
 * @typedef {object} Plan
 * @property {readonly string[]} keys
 * @property {(client: number) => Listening} listening
 * @property {number} fanOut how many clients hear of each write, on average
 *
 * @typedef {| { readonly name: "one-key", readonly clients: number }
 *   | { readonly name: "own-keys", readonly clients: number, readonly each: number }
 *   | { readonly name: "prefixes", readonly clients: number, readonly prefixes: number }} PlanSpec
 */

/**
 * @param {PlanSpec} spec
 * @returns {Plan}
 */
export function planOf(spec) {
  switch (spec.name) {
    case "one-key":
      return oneKey(spec.clients);
    case "own-keys":
      return ownKeys(spec.clients, spec.each);
    case "prefixes":
      return prefixes(spec.clients, spec.prefixes);
  }
}

/**
 * All clients on one key.
 *
 * @param {number} clients
 * @returns {Plan}
 */
function oneKey(clients) {
  /** @type {Listening} */
  const listening = { interests: [{ kind: "key", name: "hot" }], places: [0] };
  return { keys: ["hot"], listening: () => listening, fanOut: clients };
}

/**
 * Keys of its own for each client, written in no order.
 *
 * @param {number} clients
 * @param {number} each
 * @returns {Plan}
 */
function ownKeys(clients, each) {
  const order = shuffled(clients * each);
  /** @type {number[][]} */
  const places = Array.from({ length: clients }, () => []);
  order.forEach((key, place) => {
    places[Math.floor(key / each)]?.push(place);
  });
  const nameOf = (/** @type {number} */ key) => `own:${Math.floor(key / each)}:${key % each}`;
  return {
    keys: order.map(nameOf),
    listening: (client) => ({
      interests: Array.from({ length: each }, (_, index) => ({
        kind: "key",
        name: nameOf(client * each + index),
      })),
      places: places[client] ?? [],
    }),
    fanOut: 1,
  };
}

/**
 * Distinct prefixes: with more clients than prefixes, several clients on each; with fewer, several
 * prefixes for each client.
 *
 * @param {number} clients
 * @param {number} count
 * @returns {Plan}
 */
function prefixes(clients, count) {
  const order = shuffled(count);
  const prefixOf = (/** @type {number} */ number) => `group:${number}:`;
  /** @type {number[][]} */
  const placesOf = Array.from({ length: Math.min(clients, count) }, () => []);
  order.forEach((number, place) => {
    placesOf[number % placesOf.length]?.push(place);
  });
  return {
    keys: order.map((number) => `${prefixOf(number)}total`),
    listening: (client) => {
      const places = placesOf[client % placesOf.length] ?? [];
      const numbers = places.map((place) => Number(order[place]));
      return {
        interests: numbers.map((number) => ({ kind: "prefix", name: prefixOf(number) })),
        places,
      };
    },
    fanOut: Math.max(1, clients / count),
  };
}

/**
 * The numbers below `count` in an order that is always the same.
 *
 * @param {number} count
 */
function shuffled(count) {
  const numbers = Array.from({ length: count }, (_, index) => index);
  let seed = 1;
  for (let at = count - 1; at > 0; at--) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    const other = seed % (at + 1);
    const [one, two] = [Number(numbers[at]), Number(numbers[other])];
    numbers[at] = two;
    numbers[other] = one;
  }
  return numbers;
}
