import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { Lookout } from "./lookout.js";

function setup() {
  const clock = new VirtualClock(0);
  const looks: number[] = [];
  let finish: () => void = () => {};
  let takes = 0;
  let isWorried = false;
  const lookout = new Lookout(
    clock,
    async () => {
      looks.push(clock.now());
      if (takes > 0) await new Promise<void>((resolve) => clock.after(takes, resolve));
      finish();
    },
    () => isWorried,
  );
  return {
    clock,
    looks,
    lookout,
    worry: (worried: boolean) => {
      isWorried = worried;
    },
    take: (ms: number) => {
      takes = ms;
    },
    onFinish: (fn: () => void) => {
      finish = fn;
    },
  };
}

describe("Lookout", () => {
  it("looks at once, and then every second", async () => {
    const { clock, looks, lookout } = setup();
    await lookout.start();
    await clock.advance(3_000);
    expect(looks).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it("looks more often while something is amiss", async () => {
    const { clock, looks, lookout, worry } = setup();
    await lookout.start();
    worry(true);
    await clock.advance(1_600);
    worry(false);
    await clock.advance(1_000);
    expect(looks).toEqual([0, 1_000, 1_250, 1_500, 1_750]);
  });

  it("looks a second later where the clock was set back by more during a look", async () => {
    const clock = new VirtualClock(0);
    let shift = 0;
    let looks = 0;
    const lookout = new Lookout(
      { now: () => clock.now() + shift, after: (ms, fn) => clock.after(ms, fn) },
      async () => {
        looks += 1;
        shift -= 3_600_000;
      },
    );
    await lookout.start();
    await clock.advance(1_000);
    expect(looks).toBe(2);
  });

  it("looks soon when asked, once however often", async () => {
    const { clock, looks, lookout } = setup();
    await lookout.start();
    await clock.advance(500);
    for (let times = 0; times < 10; times++) lookout.soon();
    await clock.advance(100);
    expect(looks).toEqual([0, 550]);
  });

  it("is asked while it looks: looks again behind that, never at the same time", async () => {
    const { clock, looks, lookout, take } = setup();
    take(300);
    void lookout.start();
    await clock.advance(100);
    lookout.soon();
    await clock.advance(600);
    expect(looks).toEqual([0, 350]);
  });

  it("lets somebody wait for a look that begins from now on", async () => {
    const { clock, looks, lookout, take } = setup();
    take(300);
    void lookout.start();
    await clock.advance(100);
    let isDone = false;
    void lookout.next().then(() => {
      isDone = true;
    });
    await clock.advance(500);
    expect([looks, isDone]).toEqual([[0, 350], false]);
    await clock.advance(100);
    expect(isDone).toBe(true);
  });

  it("keeps its pace where a look takes long, and leaves no timer behind", async () => {
    const { clock, looks, lookout, take } = setup();
    take(1_500);
    void lookout.start();
    await clock.advance(3_200);
    expect(looks).toEqual([0, 1_550, 3_100]);
    lookout.stop();
    await clock.advance(2_000);
    expect(clock.pending).toBe(0);
    expect(looks).toHaveLength(3);
  });
});
