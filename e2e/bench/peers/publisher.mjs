import { Connection } from "rabbitmq-client";

/**
 * rabbitmq-client alone: a loop of its own publish, with confirms, so many messages under way.
 *
 * The first ones make it warm, and are not measured.
 *
 *     node publisher.mjs <broker's url> <exchange> <routing key> <first> <messages> <under way>
 */

const [url = "", exchange = "", routingKey = "", ...counts] = process.argv.slice(2);
const [first = 0, total = 0, most = 0] = counts.map(Number);

const connection = new Connection({ url, noDelay: true, frameMax: 131_072 });
const channel = await connection.acquire();
await channel.confirmSelect();
const body = Buffer.from("0\nset\norder:bench:123456");
const headers = { db: 0, event: "set", node: "127.0.0.1:6379" };
const contentType = "application/octet-stream";
const fixed = {
  exchange,
  routingKey,
  mandatory: true,
  contentType,
  type: "keywire.event",
  headers,
};

/** @param {number} count */
function publishAll(count) {
  return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    let [sent, confirmed] = [0, 0];
    const send = () => {
      const messageId = `bench-${sent++}`;
      channel.basicPublish({ ...fixed, messageId }, body).then(() => {
        confirmed += 1;
        if (sent < count) send();
        else if (confirmed === count) resolve();
      }, reject);
    };
    while (sent < Math.min(most, count)) send();
  });
}

await publishAll(first);
const [began, cpu] = [performance.now(), process.cpuUsage()];
await publishAll(total);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1_000, cpu: user + system }));
await channel.close();
await connection.close();
