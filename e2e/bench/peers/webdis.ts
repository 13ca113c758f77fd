import { writeFile } from "node:fs/promises";
import { optionalProgram, reservePort, run, tempFolder } from "../../support/index.js";
import type { Contender } from "../contender.js";
import { listening } from "./nchan.js";

/** webdis, which opens a connection to Redis for each client. */
export const webdis: Contender = {
  name: "webdis",
  missing: () => (optionalProgram("webdis") === undefined ? "webdis is not installed" : undefined),
  async start({ redis }) {
    const { port } = await reservePort();
    const folder = await tempFolder("webdis");
    const file = `${folder.path}/webdis.json`;
    const settings = {
      redis_host: "127.0.0.1",
      redis_port: redis.node.port,
      http_host: "127.0.0.1",
      http_port: port,
      threads: 1,
      pool_size: 1,
      daemonize: false,
      websockets: true,
      database: 0,
      verbosity: 1,
      logfile: `${folder.path}/webdis.log`,
    };
    await writeFile(file, JSON.stringify(settings));
    const program = await run({ command: optionalProgram("webdis") ?? "webdis", args: [file] });
    await listening(port);
    return {
      dialect: "webdis",
      port,
      pids: [program.pid],
      stop: () => program.kill(),
      restart: () => Promise.reject(new Error("it is not restarted here")),
    };
  },
};
