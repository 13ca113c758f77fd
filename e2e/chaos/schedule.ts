import type { Random } from "./random.js";

/** What is done to the deployment, one after the other. */
export type Step =
  | { readonly kind: "kill_primary"; readonly primary: number; readonly backAfter: number }
  | { readonly kind: "kill_replica"; readonly primary: number; readonly backAfter: number }
  | { readonly kind: "failover"; readonly primary: number }
  | { readonly kind: "freeze"; readonly primary: number; readonly ms: number }
  | {
      readonly kind: "move_slots";
      readonly count: number;
      /** ms between two steps of a move; none gives the gateway no time to see it coming. */
      readonly dwell: number;
    }
  | { readonly kind: "link_cut"; readonly primary: number }
  | { readonly kind: "link_refused"; readonly primary: number; readonly ms: number }
  | { readonly kind: "link_half_open"; readonly primary: number; readonly ms: number }
  | {
      readonly kind: "link_delayed";
      readonly primary: number;
      readonly ms: number;
      readonly delay: number;
    }
  | {
      readonly kind: "link_trickling";
      readonly primary: number;
      readonly ms: number;
      readonly bytesPerTick: number;
    }
  | { readonly kind: "gateway_killed"; readonly downFor: number }
  | { readonly kind: "gateway_stopped" };

/** What is done to clients meanwhile; to which ones is a matter of `share` and the seed. */
export type ClientStep =
  | { readonly kind: "clients_paused"; readonly share: number; readonly ms: number }
  | {
      readonly kind: "clients_reconnected";
      readonly share: number;
      readonly how: "orderly" | "abrupt";
    };

/** A step, and ms of calm before it. */
export type Timed<S> = S & { readonly calm: number };

/** ms of calm before a step, at least and at most */
const CALM = [300, 1_500] as const;

const KINDS: readonly Step["kind"][] = [
  ...(["kill_primary", "kill_replica", "failover", "freeze", "move_slots"] as const),
  ...(["link_cut", "link_refused", "link_half_open", "link_delayed", "link_trickling"] as const),
  ...(["gateway_killed", "gateway_stopped"] as const),
];

/** What `only` may name. */
export const STEP_KINDS: readonly string[] = KINDS;

const isStep = (kind: string) => STEP_KINDS.includes(kind);

const STEPS: readonly ((random: Random) => Step)[] = [
  (random) => ({
    kind: "kill_primary",
    primary: which(random),
    backAfter: random.integer(0, 2_000),
  }),
  (random) => ({
    kind: "kill_replica",
    primary: which(random),
    backAfter: random.integer(0, 2_000),
  }),
  (random) => ({ kind: "failover", primary: which(random) }),
  (random) => ({ kind: "freeze", primary: which(random), ms: 5_000 }),
  (random) => ({
    kind: "move_slots",
    count: random.integer(1, 3),
    dwell: random.pick([0, 100, 1_500]),
  }),
  (random) => ({ kind: "move_slots", count: 1, dwell: random.pick([0, 300, 1_200]) }),
  (random) => ({ kind: "link_cut", primary: which(random) }),
  (random) => ({ kind: "link_refused", primary: which(random), ms: random.integer(200, 3_000) }),
  (random) => ({ kind: "link_half_open", primary: which(random), ms: random.integer(500, 4_500) }),
  (random) => ({
    kind: "link_delayed",
    primary: which(random),
    ms: random.integer(1_000, 3_000),
    delay: random.pick([50, 400, 1_500, 2_500]),
  }),
  (random) => ({
    kind: "link_trickling",
    primary: which(random),
    ms: random.integer(1_000, 3_000),
    bytesPerTick: random.pick([1, 8, 64]),
  }),
  (random) => ({ kind: "gateway_killed", downFor: random.integer(0, 1_500) }),
  () => ({ kind: "gateway_stopped" }),
];

/**
 * Every step once, in random order, then again in another one, without end.
 *
 * @param only leaves out all kinds but these; what is left is the same as without
 */
export function* steps(random: Random, only?: readonly string[]): Generator<Timed<Step>, void> {
  while (only === undefined || only.some(isStep)) {
    for (const draw of random.shuffle(STEPS)) {
      const step = timed(random, draw(random), CALM);
      if (only === undefined || only.includes(step.kind)) yield step;
    }
  }
}

/** ms of calm before a step, at least and at most */
const CLIENT_CALM = [500, 4_000] as const;

export function* clientSteps(
  random: Random,
  only?: readonly string[],
): Generator<Timed<ClientStep>, void> {
  while (only === undefined || only.includes("clients")) {
    const share = random.pick([0.05, 0.2, 0.5]);
    const step: ClientStep = random.chance(0.5)
      ? { kind: "clients_paused", share, ms: random.integer(500, 9_000) }
      : { kind: "clients_reconnected", share, how: random.pick(["orderly", "abrupt"] as const) };
    yield timed(random, step, CLIENT_CALM);
  }
}

function timed<S>(random: Random, step: S, [least, most]: readonly [number, number]): Timed<S> {
  return { ...step, calm: random.integer(least, most) };
}

/** The primaries are counted as they are found when the step comes. */
function which(random: Random): number {
  return random.integer(0, 2);
}
