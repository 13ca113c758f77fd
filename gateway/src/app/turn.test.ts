import { describe, expect, it } from "vitest";
import { Turn } from "./turn.js";

function bench() {
  const scheduled: (() => void)[] = [];
  const log: string[] = [];
  const turn = new Turn(
    (task) => scheduled.push(task),
    () => log.push("over"),
  );
  const end = () => scheduled.splice(0).forEach((task) => void task());
  return { turn, log, scheduled, end };
}

describe("the end of a turn", () => {
  it("has channels hand out before sessions send, whoever asked first", () => {
    const { turn, log, scheduled, end } = bench();
    turn.send(() => log.push("send"));
    turn.handOut(() => log.push("hand out"));
    expect(scheduled).toHaveLength(1);
    expect(log).toEqual([]);
    end();
    expect(log).toEqual(["hand out", "send", "over"]);
  });

  it("takes in what comes of it", () => {
    const { turn, log, scheduled, end } = bench();
    turn.handOut(() => {
      log.push("hand out");
      turn.send(() => {
        log.push("send");
        turn.handOut(() => turn.send(() => log.push("send the last")));
      });
    });
    end();
    expect(log).toEqual(["hand out", "send", "send the last", "over"]);
    // What it asked for itself on the way finds nothing more to do.
    scheduled.length = 0;
    turn.send(() => log.push("another turn"));
    end();
    expect(log.at(-2)).toBe("another turn");
  });
});
