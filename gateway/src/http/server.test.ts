import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HttpServer } from "./server.js";
import { MAX_UNANSWERED } from "./unanswered.js";

let asked = 0;
const server = new HttpServer({
  host: "127.0.0.1",
  port: 0,
  app: new Hono()
    .get("/healthz", (context) => context.json({ status: "alive" }))
    .get("/slow", async (context) => {
      asked += 1;
      await new Promise(setImmediate);
      return context.text("");
    }),
  upgrades: { path: "/v1/ws", take: () => {} },
});
let port: number;

beforeAll(async () => {
  port = Number(new URL(await server.listen()).port);
});

afterAll(() => server.refuse());

async function answerTo(request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(request);
  return await text(socket);
}

it("who sends ever more requests before the first is answered is cut off", async () => {
  const request = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
  expect(await answerTo(request.repeat(MAX_UNANSWERED + 900)).catch(() => "cut off")).not.toContain(
    "200",
  );
  expect(asked).toBe(MAX_UNANSWERED);
});

it("a health check of HTTP/1.0 needs to name no host", async () => {
  const answer = await answerTo("GET /healthz HTTP/1.0\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1.1 200 OK.*\{"status":"alive"\}$/s);
});

it.each(["GET / HTTP/1.1\r\nHost: a b", "OPTIONS * HTTP/1.1\r\nHost: x"])(
  "what cannot be read is answered as an error: %s",
  async (head) => {
    const answer = await answerTo(`${head}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 .*\{"error":\{"code":"bad_request","message":".+"\}\}/s);
  },
);
