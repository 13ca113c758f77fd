import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { descriptorOf, writeFirst, writeThrough } from "./write-through.js";

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function listen(): Promise<Server> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Both ends of a connection over loopback. */
async function pair(to?: Server): Promise<{ near: Socket; far: Socket }> {
  const server = to ?? (await listen());
  const far = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [near] = (await once(server, "connection")) as [Socket];
  near.on("error", () => {});
  ends.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  while (bytes < length) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Bytes that tell where they belong. */
function numbered(length: number, from: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: length / 4 }, (_, index) => from + index).buffer);
}

function write(connection: Duplex, buffers: readonly Uint8Array[]): void {
  writeThrough(connection, descriptorOf(connection), buffers);
}

const DESK = Buffer.alloc(32_000);

/** The same, all of it put together first, in a place that is used for something else at once. */
function writeOffDesk(connection: Duplex, buffers: readonly Uint8Array[]): void {
  let end = 0;
  for (const buffer of buffers) {
    DESK.set(buffer, end);
    end += buffer.length;
  }
  writeFirst(connection, descriptorOf(connection) ?? -1, DESK, end);
  DESK.fill(0xff);
}

describe.each([
  ["as they are", write],
  ["off a desk", writeOffDesk],
])("writing buffers through, %s,", (_, write) => {
  it("leaves nothing in the stream of a client that reads", async () => {
    const { near, far } = await pair();
    write(near, [Buffer.from("one"), Buffer.alloc(0), Buffer.from("two")]);
    expect(near.writableLength).toBe(0);
    expect(near.bytesWritten).toBe(0);
    write(near, [Buffer.from("three")]);
    expect(String(await read(far, 11))).toBe("onetwothree");
  });

  it("gives the stream what the kernel does not take, wherever it stops, and all comes in order", async () => {
    const { near, far } = await pair();
    const all: Buffer[] = [];
    let bytes = 0;
    // Of many lengths, so that it stops in the middle of one.
    for (let round = 0; near.writableLength < 200_000 && round < 10_000; round++) {
      const buffers = [numbered(4 * (1 + (round % 97)), bytes), numbered(4 * 5_001, bytes + 1)];
      if (round % 3 === 0) buffers.pop();
      write(near, buffers);
      all.push(...buffers);
      bytes += buffers.reduce((sum, { length }) => sum + length, 0);
    }
    expect(near.writableLength).toBeGreaterThan(0);
    expect(near.writableLength).toBeLessThan(bytes);
    const got = read(far, bytes);
    await once(near, "drain");
    expect((await got).equals(Buffer.concat(all))).toBe(true);
    const last = read(far, 2);
    write(near, [Buffer.from("on")]);
    expect(String(await last)).toBe("on");
  });

  it("comes behind what waits in the stream", async () => {
    const { near, far } = await pair();
    near.cork();
    near.write("first ");
    write(near, [Buffer.from("second")]);
    expect(near.writableLength).toBe(12);
    near.uncork();
    expect(String(await read(far, 12))).toBe("first second");
  });

  it("adds nothing to what has ended", async () => {
    const { near, far } = await pair();
    near.end("the end");
    write(near, [Buffer.from(" and more")]);
    const chunks: Buffer[] = [];
    for await (const chunk of far) chunks.push(chunk as Buffer);
    expect(String(Buffer.concat(chunks))).toBe("the end");
  });

  it("lets the stream find that the client is gone", async () => {
    const { near, far } = await pair();
    const errors: unknown[] = [];
    near.on("error", (error) => errors.push(error));
    far.resetAndDestroy();
    const closed = new Promise((resolve) => near.once("close", resolve));
    for (let tries = 0; !near.destroyed && tries < 1_000; tries++) {
      write(near, [Buffer.from("anybody?")]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect(errors).toHaveLength(1);
    expect(descriptorOf(near)).toBeUndefined();
    expect(() => write(near, [Buffer.from("nobody")])).not.toThrow();
  });
});

it("takes more buffers than one system call does", async () => {
  const { near, far } = await pair();
  const buffers = Array.from({ length: 5_000 }, (_, index) => numbered(4, index));
  const got = read(far, 20_000);
  write(near, buffers);
  expect((await got).equals(Buffer.concat(buffers))).toBe(true);
});

describe("the descriptor", () => {
  it("is that of plain TCP alone: what goes past TLS would not be encrypted", async () => {
    const { near } = await pair();
    expect(descriptorOf(near)).toBeGreaterThan(0);
    expect(descriptorOf(new TLSSocket(near, { isServer: true }))).toBeUndefined();
    expect(descriptorOf(new Socket())).toBeUndefined();
    expect(descriptorOf(new Duplex())).toBeUndefined();
  });

  it("is none from the moment on in which a connection is destroyed, for another may get the number", async () => {
    const { near } = await pair();
    const descriptor = descriptorOf(near);
    const server = await listen();
    near.destroy();
    expect(descriptorOf(near)).toBeUndefined();
    await once(near, "close");
    const heirs = await pair(server);
    const [heir, other] =
      descriptorOf(heirs.near) === descriptor ? [heirs.near, heirs.far] : [heirs.far, heirs.near];
    expect(descriptorOf(heir)).toBe(descriptor);
    writeThrough(near, descriptor, [Buffer.from("not for you")]);
    write(heir, [Buffer.from("for you")]);
    expect(String(await read(other, 7))).toBe("for you");
  });

  it("does without it: a stream of any kind is written to as such", async () => {
    const written: string[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    });
    write(stream, [Buffer.from("a"), Buffer.from("b")]);
    expect(written).toEqual(["a", "b"]);
  });
});
