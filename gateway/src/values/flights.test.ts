import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Flight, Flights } from "./flights.js";
import { Turns } from "./testing/turns.js";

/** What a test does: somebody asks, the turn ends, or the n-th flight under way comes to its end. */
type Step =
  | { readonly do: "join"; readonly id: string }
  | { readonly do: "turn" }
  | { readonly do: "land" | "crash"; readonly which: number };

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("join" as const), id: fc.constantFrom("a", "b", "c") }),
    fc.record({ do: fc.constant("turn" as const) }),
    fc.record({ do: fc.constantFrom("land" as const, "crash" as const), which: fc.nat(2) }),
  ),
  { maxLength: 60, size: "max" },
);

/** A flight's result names the moment at which it took off. */
interface Up {
  readonly flight: Flight<number, number>;
  readonly tookOff: number;
}

function airport() {
  const turns = new Turns();
  const up: Up[] = [];
  let moment = 0;
  const flights = new Flights<number, number>(turns.endOfTurn, 1_000, (batch) => {
    expect(batch.length).toBeGreaterThan(0);
    for (const flight of batch) up.push({ flight, tookOff: ++moment });
  });
  const finish = ({ flight, tookOff }: Up, how: "land" | "crash") => {
    up.splice(
      up.findIndex((one) => one.flight === flight),
      1,
    );
    if (how === "land") flight.land(tookOff);
    else flight.crash(new Error(String(tookOff)));
  };
  return { turns, up, flights, finish, tick: () => ++moment };
}

describe("flights", () => {
  it("bring everybody what began after they asked, one at a time for each id, none too many", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { turns, up, flights, finish, tick } = airport();
        const asked: { readonly at: number; readonly result: Promise<number> }[] = [];
        const run = (step: Step): void => {
          if (step.do === "turn") turns.end();
          else if (step.do === "join") {
            const at = tick();
            const result = flights.join(step.id, at).catch((error: Error) => Number(error.message));
            asked.push({ at, result });
          } else if (up.length > 0) finish(up[step.which % up.length] as Up, step.do);
          const ids = up.map(({ flight }) => flight.id);
          expect(new Set(ids).size).toBe(ids.length);
        };
        let launched = 0;
        for (const step of plan) {
          const before = up.length;
          run(step);
          launched += Math.max(0, up.length - before);
        }
        while (flights.size > 0) {
          turns.end();
          for (const one of [...up]) {
            launched++;
            finish(one, "land");
          }
        }
        for (const { at, result } of asked) expect(await result).toBeGreaterThan(at);
        expect(
          new Set(await Promise.all(asked.map(({ result }) => result))).size,
        ).toBeLessThanOrEqual(launched);
      }),
      { numRuns: 500 },
    );
  });

  it("those of one turn share one, those who come while it is under way the next", async () => {
    const { turns, up, flights, finish } = airport();
    const first = [flights.join("a", 1), flights.join("a", 2)];
    turns.end();
    expect(up.map(({ flight }) => flight.job)).toEqual([2]);
    const late = [flights.join("a", 3), flights.join("a", 4)];
    turns.end();
    expect(up).toHaveLength(1);
    finish(up[0] as Up, "land");
    turns.end();
    expect(up.map(({ flight }) => flight.job)).toEqual([4]);
    finish(up[0] as Up, "land");
    expect(await Promise.all(first)).toEqual([1, 1]);
    expect(await Promise.all(late)).toEqual([2, 2]);
    expect(flights.size).toBe(0);
  });

  it("a limit of ids is kept; those that are known are let in", async () => {
    const turns = new Turns();
    const flights = new Flights<undefined, string>(turns.endOfTurn, 2, (batch) => {
      for (const flight of batch) flight.land("landed");
    });
    const known = [flights.join("a", undefined), flights.join("b", undefined)];
    await expect(flights.join("c", undefined)).rejects.toMatchObject({ code: "unavailable" });
    known.push(flights.join("a", undefined));
    turns.end();
    expect(await Promise.all(known)).toEqual(["landed", "landed", "landed"]);
    const again = flights.join("c", undefined);
    turns.end();
    expect(await again).toBe("landed");
  });
});
