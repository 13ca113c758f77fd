/** Rows drawn beyond either edge, so that a scroll does not outrun the next frame. */
export const OVERSCAN = 6;

/** Rows drawn at once, whatever a layout may claim to be in sight. */
export const MOST_DRAWN = 200;

export interface View {
  /** px between the list's top and what is in sight. */
  readonly top: number;
  /** px in sight. */
  readonly height: number;
  /** px per row. */
  readonly rowHeight: number;
}

/** Which rows of `total` have to be drawn: from `first`, `count` of them. */
export function visibleRows(view: View, total: number): { first: number; count: number } {
  const above = Math.floor(Math.max(0, view.top) / view.rowHeight) - OVERSCAN;
  const below = Math.ceil((view.top + view.height) / view.rowHeight) + OVERSCAN;
  const first = Math.min(Math.max(0, above), total);
  return { first, count: Math.min(MOST_DRAWN, Math.max(0, Math.min(total, below) - first)) };
}

/** Where to scroll so that the row at `index` is whole in sight; `view.top` where it is already. */
export function scrollToRow(view: View, index: number): number {
  const start = index * view.rowHeight;
  const end = start + view.rowHeight;
  if (start < view.top) return start;
  return end > view.top + view.height ? end - view.height : view.top;
}
