import { expect, it } from "vitest";
import { describeCluster } from "./cluster.js";

const ID = "0".repeat(39);
const ASKED = { host: "10.0.0.1", port: 7_000 };

function told(...lines: string[]) {
  const text = lines.map((line, at) => `${ID}${at} ${line}`).join("\n");
  const { findings, nodes } = describeCluster(text, ASKED);
  const what = findings.map(({ verdict, detail }) => `${verdict} ${detail}`);
  return { what, nodes: nodes.map(({ port }) => port) };
}

const FIRST = "10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-8191";

it("a dead node whose place was taken is worth knowing, one whose slots nobody has is a fault", () => {
  const taken = told(
    FIRST,
    "10.0.0.1:7001@17001 master,fail - 0 0 2 disconnected",
    "10.0.0.1:7002@17002 master - 0 0 3 connected 8192-16383",
  );
  expect(taken.what).toEqual([
    "ok 3 primaries, 0 replicas, all slots owned",
    "warn 10.0.0.1:7001 is held for dead by the others",
  ]);
  const alone = told(FIRST, "10.0.0.1:7001@17001 master,fail - 0 0 2 disconnected 8192-16383");
  expect(alone.what).toEqual([
    "ok 2 primaries, 0 replicas, all slots owned",
    "fail 10.0.0.1:7001 is held for dead by the others, and nobody has its 8192 slots",
  ]);
  expect(alone.nodes).toEqual([7_000]);
});
