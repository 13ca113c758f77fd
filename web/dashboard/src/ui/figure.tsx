import type { ComponentChildren } from "preact";

interface FigureProps {
  readonly value: string;
  readonly name: string;
  readonly children: ComponentChildren;
}

/** A number that says how things are, what it counts, and what goes with it. */
export function Figure({ value, name, children }: FigureProps) {
  return (
    <p class="figure">
      <span class="figure__value">{value}</span>
      <span class="figure__name">{name}</span>
      <span class="figure__note">{children}</span>
    </p>
  );
}
