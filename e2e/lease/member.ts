import { openSync, writeSync } from "node:fs";
import { CommandConnections, openKeyspace, parseRedisUrl } from "@keywire/gateway/keyspace";
import { Leases } from "@keywire/gateway/leases";
import { parseChannel, systemClock } from "@keywire/shared";

/** What a member writes, a line of JSON each. */
export type Line =
  | { readonly did: string; readonly again: boolean }
  | {
      readonly missed: {
        readonly from: number;
        readonly to: number;
        readonly reason: string;
        readonly count: number | null;
      };
    }
  | { readonly status: MemberStatus }
  | { readonly fault: string };

export interface MemberStatus {
  readonly state: string;
  readonly gateways: number;
  readonly parts: number;
  readonly entries: number;
}

export interface MemberOptions {
  readonly redis: string;
  /** Where the lines go. */
  readonly file: string;
  readonly id: string;
  readonly channels: readonly string[];
  /** ms that one event takes. */
  readonly pace: number;
  readonly backlogEntries: number;
}

const STATUS_INTERVAL = 50;
const TTL = 3_000;

/** Shares the work until SIGTERM; then hands it over. What it did stands in the file before it says so. */
export async function main([json = "{}"]: readonly string[]): Promise<void> {
  const options = JSON.parse(json) as MemberOptions;
  const file = openSync(options.file, "a");
  const write = (line: Line) => writeSync(file, `${JSON.stringify(line)}\n`);
  const keyspace = await openKeyspace({ redis: options.redis });
  const leases = new Leases(
    keyspace,
    new CommandConnections(parseRedisUrl(options.redis)),
    {
      gatewayId: options.id,
      clock: systemClock,
      report: () => ({
        taken: () => {},
        lapsed: () => {},
        missed: () => {},
        repeated: () => {},
        trouble: () => {},
        fault: (error) => write({ fault: String(error) }),
      }),
      failed: () => {},
    },
    {
      leaseTtl: TTL,
      leaseBacklogEntries: options.backlogEntries,
      leaseBacklogBytes: 256 * 1_024 * 1_024,
    },
  );
  const group = leases.open("work", {
    take: ({ key, event }, done, again) => {
      const finish = () => {
        write({ did: `${key} ${event}`, again });
        done();
      };
      if (options.pace === 0) finish();
      else setTimeout(finish, options.pace);
    },
    missed: ({ from, to, reason, count }) => write({ missed: { from, to, reason, count } }),
  });
  await group.setInterests(options.channels.map((channel) => parseChannel(channel)));
  const timer = setInterval(() => {
    const { state, gateways, parts, backlog } = group.status();
    const { entries } = backlog;
    write({ status: { state, gateways: gateways.length, parts: parts.length, entries } });
  }, STATUS_INTERVAL);
  process.once("SIGTERM", async () => {
    await leases.stop(10_000);
    clearInterval(timer);
    await keyspace.close();
    write({ status: { state: "stopped", gateways: 0, parts: 0, entries: 0 } });
    process.exit(0);
  });
}
