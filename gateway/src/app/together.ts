import type { Metrics } from "../observe/index.js";
import type { Core } from "./core.js";
import { mergeStates, type State, stateOf } from "./state.js";

/** The gateways that serve one port together. */
export interface Crew {
  answer(answers: { readonly metrics: () => unknown; readonly state: () => unknown }): void;
  /** What all of them answer, put together: metrics as text with its type, states one by one. */
  ask(question: "metrics" | "state"): Promise<unknown>;
}

export interface MetricsText {
  readonly type: string;
  readonly text: string;
}

/** What is told of the gateway: where it is one of several on a port, of all of them. */
export function together(core: Core, metrics: Metrics, crew: Crew | undefined) {
  if (crew === undefined) {
    return {
      metrics: async () => ({ type: metrics.contentType, text: await metrics.render() }),
      state: async () => stateOf(core),
    };
  }
  crew.answer({ metrics: () => metrics.figures(), state: () => stateOf(core) });
  return {
    metrics: async () => (await crew.ask("metrics")) as MetricsText,
    state: async () => mergeStates((await crew.ask("state")) as State[]),
  };
}
