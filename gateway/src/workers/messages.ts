/** What workers may ask of all of them together: answered by the primary, from each one's answer. */
export type Question = "metrics" | "state";

export type ToPrimary =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "alive" }
  | { readonly type: "ask"; readonly id: number; readonly question: Question }
  | { readonly type: "answer"; readonly id: number; readonly body: unknown };

export type ToWorker =
  | { readonly type: "stop" }
  | { readonly type: "alive" }
  | { readonly type: "question"; readonly id: number; readonly question: Question }
  | { readonly type: "answered"; readonly id: number; readonly body: unknown }
  | { readonly type: "failed"; readonly id: number; readonly message: string };
