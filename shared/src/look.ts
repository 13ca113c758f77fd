/** Where looks go: nobody asks, but the engine leaves out what is kept nowhere. */
const LOOKS = /* @__PURE__ */ new Float64Array(1);

/**
 * Has memory looked at that is needed soon, so that the processor fetches it meanwhile.
 *
 * @param seen what came of it
 */
export function look(seen: number): void {
  LOOKS[0] = seen;
}
