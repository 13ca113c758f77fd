import { expect, it } from "vitest";
import { VirtualClock } from "./clock.js";

it("runs what falls due in the order of its time, at its time", async () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`b at ${clock.now()}`));
  clock.after(10, () => ran.push(`a at ${clock.now()}`));
  clock.after(20, () => ran.push(`c at ${clock.now()}`));
  clock.after(31, () => ran.push("never"));
  await clock.advance(30);
  expect(ran).toEqual(["a at 10", "b at 20", "c at 20"]);
  expect(clock.now()).toBe(30);
  expect(clock.pending).toBe(1);
});

it("runs timers that timers and promises start, when they fall due in the same stretch", async () => {
  const clock = new VirtualClock(0);
  const ran: number[] = [];
  clock.after(10, () => {
    void Promise.resolve().then(() => clock.after(5, () => ran.push(clock.now())));
  });
  await clock.advance(15);
  expect(ran).toEqual([15]);
});

it("forgets a cancelled timer, and takes a time that is past for now", async () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  clock.after(5, () => ran.push("cancelled")).cancel();
  clock.after(-5, () => ran.push(`late at ${clock.now()}`));
  expect(clock.pending).toBe(1);
  await clock.advance(5);
  expect(ran).toEqual(["late at 0"]);
  expect(clock.pending).toBe(0);
});
