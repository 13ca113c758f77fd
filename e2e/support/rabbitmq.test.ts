import { expect, it } from "vitest";
import { startRabbitMq } from "./rabbitmq.js";

it("starts a broker that keeps durable queues through its end, and can be frozen and short of memory", async () => {
  const began = Date.now();
  const broker = await startRabbitMq();
  console.log(`RabbitMQ started in ${Date.now() - began} ms`);
  const connection = broker.connect();
  await connection.queueDeclare({ queue: "q", durable: true });
  const publisher = connection.createPublisher({ confirm: true });
  await publisher.send({ routingKey: "q", durable: true }, "hello");

  let blocked = "";
  connection.on("connection.blocked", (reason) => {
    blocked = String(reason);
  });
  let at = Date.now();
  await broker.alarm("on");
  console.log(`alarm on in ${Date.now() - at} ms`);
  const sent = publisher.send({ routingKey: "q" }, "later");
  await expect.poll(() => blocked, { timeout: 10_000 }).toContain("memory");
  await broker.alarm("off");
  await sent;

  at = Date.now();
  await broker.kill();
  expect(broker.state).toBe("down");
  await broker.start();
  console.log(`killed and started again in ${Date.now() - at} ms`);
  const message = await connection.basicGet("q");
  expect(message?.body).toBe("hello");
  at = Date.now();
  await broker.shutDown();
  console.log(`shut down in ${Date.now() - at} ms`);
  await broker.stop();
}, 180_000);
