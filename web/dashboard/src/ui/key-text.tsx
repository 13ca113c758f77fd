import { type Key, plain, visibleKey } from "../text/visible.js";

interface KeyTextProps {
  readonly of: Key;
  /** Characters or bytes shown at most. */
  readonly longest: number;
}

/** A key as text whatever bytes it holds; what cannot be seen is spelled out and set apart. */
export function KeyText({ of, longest }: KeyTextProps) {
  const segments = visibleKey(of, longest);
  if (segments.length === 0) return <span class="escape">(empty key)</span>;
  return (
    <span class="key" title={plain(segments)}>
      {segments.map(({ text, escaped }) => (escaped ? <span class="escape">{text}</span> : text))}
    </span>
  );
}
