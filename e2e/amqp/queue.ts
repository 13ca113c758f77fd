import type { AsyncMessage } from "rabbitmq-client";
import { type RabbitMq, waitFor } from "../support/index.js";

export const EXCHANGE = "amq.direct";

/** A durable queue for all that is published with its name as the routing key. */
export async function bindQueue(broker: RabbitMq, queue: string): Promise<void> {
  const connection = broker.connect();
  await connection.queueDeclare({ queue, durable: true });
  await connection.queueBind({ exchange: EXCHANGE, routingKey: queue, queue });
  await connection.close();
  // Of 71 bindings 2 were gone after a kill 300 ms later, and all that came then was unroutable.
  await broker.flush();
}

/** The messages that a queue holds, taken out of it, when there have been no more for a while. */
export class Inbox {
  readonly messages: AsyncMessage[] = [];
  readonly #keys = new Set<string>();

  /** @param distinct how many different keys are waited for */
  static async of(broker: RabbitMq, queue: string, distinct: number): Promise<Inbox> {
    const inbox = new Inbox();
    const connection = broker.connect();
    const consumer = connection.createConsumer(
      { queue, queueOptions: { durable: true }, noAck: true },
      (message) => {
        inbox.messages.push(message);
        inbox.#keys.add(keyIn(message));
      },
    );
    await waitFor(() => inbox.#keys.size >= distinct, {
      what: `${distinct} keys in ${queue}`,
      deadline: 60_000,
    }).catch((error: unknown) => {
      throw new Error(`${inbox.#keys.size} keys have arrived`, { cause: error });
    });
    // Repeated ones may stand behind the last new one.
    let seen = -1;
    while (seen !== inbox.messages.length) {
      seen = inbox.messages.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await consumer.close();
    await connection.close();
    return inbox;
  }

  /** How many came more than once, counted each time. */
  get repeated(): number {
    return this.messages.length - this.#keys.size;
  }

  get distinct(): number {
    return this.#keys.size;
  }

  /** The numbers of a tag's keys, in the order in which each came first. */
  numbersOf(tag: number): number[] {
    const prefix = `order:{t${tag}}:`;
    const numbers: number[] = [];
    for (const key of this.#keys)
      if (key.startsWith(prefix)) numbers.push(Number(key.slice(prefix.length)));
    return numbers;
  }
}

function keyIn({ body }: AsyncMessage): string {
  return Buffer.from(body).toString("latin1").split("\n").slice(2).join("\n");
}
