/**
 * How the gateway's answers are read: fields that a later gateway adds are ignored, ones that it
 * leaves out are empty, since a page must not go blank over a detail.
 */

export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
