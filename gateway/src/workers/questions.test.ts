import { VirtualClock } from "@keywire/shared/testing";
import { expect, it } from "vitest";
import { Membership } from "./membership.js";
import type { ToPrimary, ToWorker } from "./messages.js";
import type { WorkerProcess } from "./ports.js";
import { Questions } from "./questions.js";

/** A primary's questions and its workers, with nothing but a function call between them. */
function setup(answers: Readonly<Record<number, () => unknown>>) {
  const clock = new VirtualClock();
  const questions = new Questions(clock);
  const received = new Map<number, (message: ToWorker) => void>();
  const members = Object.entries(answers).map(([id, answer]) => {
    const worker = Number(id);
    const member = new Membership({
      send: (message: ToPrimary) => {
        if (message.type === "answer") questions.answered(worker, message.id, message.body);
      },
      onMessage: (listener) => received.set(worker, listener),
    });
    member.answer({ metrics: answer, state: answer });
    return member;
  });
  const workers: WorkerProcess[] = [...received].map(([id, listener]) => ({
    id,
    send: listener,
    kill: () => {},
  }));
  return { clock, questions, workers, members };
}

const hangs = () => new Promise(() => {});

it("gathers what all answer", async () => {
  const { questions, workers, clock } = setup({ 1: () => "a", 2: async () => "b" });
  const answers = await questions.ask("state", workers);
  expect([...answers]).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
  expect(clock.pending).toBe(0);
});

it("waits neither for who hangs nor for who has ended", async () => {
  const { questions, workers, clock } = setup({ 1: () => "a", 2: hangs, 3: hangs });
  const asked = questions.ask("metrics", workers);
  await clock.advance(100);
  questions.gone(2);
  await clock.advance(1_900);
  expect([...(await asked)]).toEqual([[1, "a"]]);
});

it("is answered at once where nobody is there", async () => {
  expect((await setup({}).questions.ask("state", [])).size).toBe(0);
});

it("a worker is told what it asked for, or that it cannot be had", async () => {
  const sent: ToPrimary[] = [];
  let receive: (message: ToWorker) => void = () => {};
  const member = new Membership({
    send: (message) => sent.push(message),
    onMessage: (listener) => {
      receive = listener;
    },
  });
  const [first, second] = [member.ask("metrics"), member.ask("state")];
  expect(sent).toMatchObject([{ question: "metrics" }, { question: "state" }]);
  receive({ type: "failed", id: 2, message: "no" });
  receive({ type: "answered", id: 1, body: "text" });
  expect(await first).toBe("text");
  await expect(second).rejects.toThrow("no");
  receive({ type: "stop" });
  await member.stopRequested;
});
