import type { Clock } from "@keywire/shared";
import type { BrokerLink, LinkEvents, Message, OpenLink, Outcome } from "../ports.js";

interface Sent {
  readonly link: FakeLink;
  readonly message: Message;
  readonly settled: (outcome: Outcome) => void;
}

/** A broker in memory, whose messages take a while each way. */
export class FakeBroker {
  /** What arrived, in its order. */
  readonly queue: Message[] = [];
  state: "up" | "down" | "frozen" = "up";
  isRouted = true;
  refusesNext = 0;
  isBlocked = false;
  opened = 0;
  readonly #clock: Clock;
  readonly #links = new Set<FakeLink>();
  #sent: Sent[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly open: OpenLink = (_, events) => {
    const link = new FakeLink(this, events);
    this.opened++;
    this.#clock.after(1, () => {
      if (this.state === "down") link.drop("refused");
      else if (this.state === "up") this.#up(link);
      else this.#clock.after(5_000, () => link.drop("timed out"));
    });
    return link;
  };

  stop(): void {
    this.state = "down";
    this.cut();
  }

  /** Ends all connections; what was sent and not taken yet is gone, or not. */
  cut(taken: (index: number) => boolean = () => false): void {
    const sent = this.#sent;
    this.#sent = [];
    sent.forEach(({ message }, index) => {
      if (taken(index)) this.queue.push(message);
    });
    for (const link of [...this.#links]) link.drop("the connection was cut");
  }

  block(isBlocked: boolean): void {
    this.isBlocked = isBlocked;
    for (const { events } of this.#links) {
      if (isBlocked) events.blocked("low on memory");
      else events.unblocked();
    }
    if (!isBlocked) this.thaw();
  }

  /** Takes what was sent meanwhile. */
  thaw(): void {
    if (this.state === "frozen") this.state = "up";
    const sent = this.#sent;
    this.#sent = [];
    for (const one of sent) this.#take(one);
  }

  send(sent: Sent): void {
    this.#sent.push(sent);
    this.#clock.after(1, () => {
      if (this.state !== "up" || this.isBlocked) return;
      const at = this.#sent.indexOf(sent);
      if (at < 0) return;
      this.#sent.splice(at, 1);
      this.#take(sent);
    });
  }

  forget(link: FakeLink): void {
    this.#links.delete(link);
  }

  #up(link: FakeLink): void {
    if (link.isEnded) return;
    this.#links.add(link);
    link.events.up();
  }

  #take({ link, message, settled }: Sent): void {
    const outcome = this.#outcome();
    if (outcome === "confirmed") this.queue.push(message);
    this.#clock.after(1, () => {
      if (!link.isEnded) settled(outcome);
    });
  }

  #outcome(): Outcome {
    if (!this.isRouted) return "returned";
    if (this.refusesNext === 0) return "confirmed";
    this.refusesNext--;
    return "refused";
  }
}

class FakeLink implements BrokerLink {
  readonly events: LinkEvents;
  isEnded = false;
  readonly #broker: FakeBroker;

  constructor(broker: FakeBroker, events: LinkEvents) {
    this.#broker = broker;
    this.events = events;
  }

  publish(message: Message, settled: (outcome: Outcome) => void): void {
    if (this.isEnded) throw new Error("published on a link that has ended");
    this.#broker.send({ link: this, message, settled });
  }

  drop(reason: string): void {
    if (this.isEnded) return;
    this.end();
    this.events.down(reason);
  }

  end(): void {
    this.isEnded = true;
    this.#broker.forget(this);
  }
}
