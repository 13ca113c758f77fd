type Over = "closed" | "failed" | "refused";

/** Whether nothing leads out of a state, of a connection or of a subscription. */
export function isOver<Phase extends { readonly state: string }>(
  phase: Phase,
): phase is Extract<Phase, { readonly state: Over }> {
  return /closed|failed|refused/.test(phase.state);
}
