const LEADS = [8, 6, 5, 4, 3, 2.5, 2, 1.5, 1] as const;

/** The largest round whole number up to `limit`, at least 1: what an axis is marked with. */
export function roundBelow(limit: number): number {
  if (limit < 1) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(limit));
  const lead = LEADS.find(
    (lead) => lead * magnitude <= limit && Number.isInteger(lead * magnitude),
  );
  return (lead ?? 1) * magnitude;
}
