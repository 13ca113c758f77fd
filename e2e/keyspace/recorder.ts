import type {
  Gap,
  Keyspace,
  Listener,
  Notification,
  Subscription,
} from "@keywire/gateway/keyspace";
import { parseChannel } from "@keywire/shared";
import { waitFor } from "../support/index.js";

/** What one subscription was told, in order. */
export class Recorder implements Listener {
  readonly notifications: Notification[] = [];
  readonly gaps: Gap[] = [];
  /** Events and gaps in their order: `event key`, or `gap reason`. */
  readonly log: string[] = [];

  readonly notification = (notification: Notification): void => {
    this.notifications.push(notification);
    this.log.push(`${notification.event} ${notification.key}`);
  };

  readonly gap = (gap: Gap): void => {
    this.gaps.push(gap);
    this.log.push(`gap ${gap.reason}`);
  };

  count(event: string, key: string): number {
    return this.log.filter((line) => line === `${event} ${key}`).length;
  }

  async saw(event: string, key: string, deadline = 10_000): Promise<Notification> {
    return waitFor(
      () => this.notifications.find((n) => n.event === event && n.key.toString() === key),
      { what: `${event} ${key} among ${JSON.stringify(this.log)}`, deadline },
    );
  }

  async sawGap(reason: Gap["reason"], deadline = 10_000): Promise<Gap> {
    return waitFor(() => this.gaps.find((gap) => gap.reason === reason), {
      what: `a gap ${reason} among ${JSON.stringify(this.log)}`,
      deadline,
    });
  }
}

/** Subscribes a recorder of its own to a channel. */
export async function record(
  keyspace: Keyspace,
  channel: string,
): Promise<{ readonly recorder: Recorder; readonly subscription: Subscription }> {
  const recorder = new Recorder();
  const subscription = await keyspace.subscribe(parseChannel(channel), recorder);
  return { recorder, subscription };
}
