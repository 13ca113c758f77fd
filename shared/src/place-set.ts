/** Sets of an automaton's places, as bits. */
export type PlaceSet = Uint32Array;

export function placeSet(places: number): PlaceSet {
  return new Uint32Array((places + 31) >>> 5);
}

export function add(set: PlaceSet, place: number): void {
  set[place >>> 5] = (set[place >>> 5] ?? 0) | (1 << (place & 31));
}

export function contains(set: PlaceSet, place: number): boolean {
  return (((set[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1;
}

export function isSubset(set: PlaceSet, of: PlaceSet): boolean {
  return set.every((word, index) => (word & ~(of[index] ?? 0)) === 0);
}
