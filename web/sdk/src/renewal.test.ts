import { describe, expect, it } from "vitest";
import { RENEWAL_PAUSE_MS } from "./session.js";
import { harness } from "./testing/harness.js";
import { welcome } from "./testing/messages.js";

/** A client whose tokens are numbered, on a gateway that holds each to be near its end. */
async function shortLived() {
  let count = 0;
  const stage = harness({ token: () => `token ${++count}` });
  const socket = await stage.open();
  const expire = async () => {
    socket.say(welcome(), { type: "expiring", at: 1 });
    await stage.settle();
  };
  return { ...stage, socket, expire, tokens: () => socket.sentOf("auth").map((it) => it.token) };
}

describe("renewing a token", () => {
  it("happens on the live connection, before the old one expires", async () => {
    const { wire, expire, tokens } = await shortLived();
    await expire();
    expect(tokens()).toEqual(["token 1", "token 2"]);
    expect(wire.state).toBe("open");
  });

  it("happens once for what is said twice", async () => {
    const { socket, settle, tokens } = await shortLived();
    socket.say({ type: "expiring", at: 1 }, { type: "expiring", at: 1 });
    await settle();
    expect(tokens()).toHaveLength(2);
  });

  it("is no race with a gateway that holds each token to be near its end", async () => {
    const { clock, expire, tokens } = await shortLived();
    await expire();
    for (let renewed = 2; renewed < 6; renewed++) {
      await expire();
      await clock.advance(RENEWAL_PAUSE_MS - 1);
      expect(tokens()).toHaveLength(renewed);
      await clock.advance(1);
      expect(tokens()).toHaveLength(renewed + 1);
    }
  });

  it("does not wait for a gateway that keeps on saying so, as each new stream does", async () => {
    const { clock, socket, expire, tokens } = await shortLived();
    await expire();
    for (let said = 0; said < 4; said++) {
      socket.say({ type: "expiring", at: 1 });
      await clock.advance(RENEWAL_PAUSE_MS / 2);
    }
    expect(tokens()).toEqual(["token 1", "token 2", "token 3", "token 4"]);
  });

  it("waits for nothing where the last one is long past", async () => {
    const { clock, expire, tokens } = await shortLived();
    await expire();
    await clock.advance(RENEWAL_PAUSE_MS);
    await expire();
    expect(tokens()).toEqual(["token 1", "token 2", "token 3"]);
  });

  it("asks for one token at a time, however long it takes", async () => {
    const gives: ((token: string) => void)[] = [];
    const token = () => new Promise<string>((give) => gives.push(give));
    const { clock, open, settle, network } = harness({ token });
    await settle();
    gives[0]?.("token 1");
    const socket = await open();
    socket.say({ type: "expiring", at: 1 });
    await clock.advance(RENEWAL_PAUSE_MS);
    socket.say({ type: "expiring", at: 1 });
    await clock.advance(RENEWAL_PAUSE_MS);
    expect(gives).toHaveLength(2);
    gives[1]?.("token 2");
    await settle();
    expect(network.latest.sentOf("auth").map((it) => it.token)).toEqual(["token 1", "token 2"]);
  });

  it("leaves the connection as it is where there is no token, and asks again", async () => {
    let count = 0;
    const token = () => {
      if (++count === 2) throw new Error("not just now");
      return `token ${count}`;
    };
    const { clock, wire, errors, open, settle } = harness({ token });
    const socket = await open();
    socket.say({ type: "expiring", at: 1 });
    await settle();
    expect([errors, wire.state]).toEqual([["token_failed"], "open"]);
    await clock.advance(RENEWAL_PAUSE_MS);
    expect(socket.sentOf("auth").map((it) => it.token)).toEqual(["token 1", "token 3"]);
    expect([errors, wire.state]).toEqual([["token_failed"], "open"]);
  });

  it("ends with the connection", async () => {
    const { clock, wire, expire } = await shortLived();
    await expire();
    await expire();
    wire.close();
    expect(clock.pending).toBe(0);
  });
});
