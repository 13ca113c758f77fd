import { CloseCode } from "@keywire/shared";
import { afterEach, describe, expect, it } from "vitest";
import type { Outgoing } from "./ports.js";
import { type Carrier, carriers, event, shared } from "./testing/carriers.js";

/** Bytes of one message where a client is to be overwhelmed. */
const LARGE = 64 * 1_024;
/** Such messages that no socket's buffers hold. */
const TOO_MANY = 800;

const opened: Carrier[] = [];

afterEach(() => {
  for (const carrier of opened.splice(0)) carrier.end();
});

/** Sends large messages until the transport says that the client does not keep up. */
function overwhelm(transport: Carrier["transport"], bytes = LARGE): number {
  const most = (TOO_MANY * LARGE) / bytes;
  for (let sent = 1; sent <= most; sent++) {
    if (!transport.send([event(`${sent}`.padEnd(bytes))])) return sent;
  }
  throw new Error(`it took ${most} messages of a client that reads nothing`);
}

describe.each(Object.entries(carriers))("over %s", (_, openCarrier) => {
  async function open(): Promise<Carrier> {
    const carrier = await openCarrier();
    opened.push(carrier);
    return carrier;
  }

  it("all that is sent comes, in order, whoever shares it", async () => {
    const { transport, peer } = await open();
    expect(transport.send([event("1"), shared("2", "3", "4"), event("5")])).toBe(true);
    expect(transport.send([shared("6")])).toBe(true);
    expect(transport.send([event("ü→🔑\\n")])).toBe(true);
    expect(await peer.received(7)).toEqual(["1", "2", "3", "4", "5", "6", "ü→🔑\\n"]);
    expect(transport.buffered).toBe(0);
  });

  it("all of it comes whole, however long it is, alone or beside others", async () => {
    const { transport, client, peer } = await open();
    let drains = 0;
    const send = async (...items: readonly Outgoing[]) => {
      if (transport.send(items)) return;
      drains += 1;
      await client.until(() => client.drains === drains);
    };
    const texts = [125, 126, 65_526, 65_532, 65_533, 65_535, 65_536].flatMap((bytes) => {
      const length = bytes - event("").bytes;
      const half = Math.floor(length / 2);
      return ["x".repeat(length), "é".repeat(half).padEnd(length - half)];
    });
    for (const text of texts) {
      await send(event(text));
      await send(event("before"), event(text), event("behind"));
      await send(event(text), shared(text));
    }
    const expected = texts.flatMap((text) => [text, "before", text, "behind", text, text]);
    const got = await peer.received(expected.length);
    expect(got.findIndex((text, at) => text !== expected[at])).toBe(-1);
  });

  it.each([1_024, LARGE])(
    "a client that does not keep up is noticed, and once more when it does again: messages of %d bytes",
    async (bytes) => {
      const { transport, client, peer } = await open();
      peer.pause();
      const sent = overwhelm(transport, bytes);
      expect(transport.buffered).toBeGreaterThan(0);
      expect(client.drains).toBe(0);
      peer.resume();
      await client.until(() => client.drains === 1);
      const numbers = (await peer.received(sent)).map(Number);
      expect(numbers).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
      expect(transport.send([event("goes on")])).toBe(true);
      expect((await peer.received(sent + 1)).at(-1)).toBe("goes on");
      expect([client.drains, client.ends]).toEqual([1, 0]);
    },
  );

  it("closing ends it behind what was sent, and is told once", async () => {
    const { transport, client, peer } = await open();
    transport.send([event("last words")]);
    transport.close(CloseCode.ServiceRestart, "going away");
    await peer.ended();
    await client.until(() => client.ends === 1);
    expect(await peer.received(1)).toEqual(["last words"]);
    expect(client.ends).toBe(1);
  });

  it("a client that reads nothing does not keep it from ending", async () => {
    const { transport, client, peer } = await open();
    peer.pause();
    overwhelm(transport);
    transport.close(CloseCode.ServiceRestart, "going away");
    await client.until(() => client.ends === 1);
  });

  it("a client that goes away is told once, and what is sent behind it harms nobody", async () => {
    const { transport, client, peer } = await open();
    peer.leave();
    await client.until(() => client.ends === 1);
    expect(transport.send([event("nobody hears")])).toBe(true);
    expect(client.ends).toBe(1);
  });
});
