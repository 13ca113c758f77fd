import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { optionalProgram, reservePort, run, tempFolder, waitFor } from "../../support/index.js";
import type { Contender } from "../contender.js";

const MODULES = ["/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules"];

/** nginx with nchan. It knows nothing of keyspaces: what is written is published straight to it. */
export const nchan: Contender = {
  name: "nchan",
  missing() {
    if (optionalProgram("nginx") === undefined) return "nginx is not installed";
    return moduleFile() === undefined ? "nginx has no nchan (libnginx-mod-nchan)" : undefined;
  },
  async start() {
    const { port } = await reservePort();
    const folder = await tempFolder("nchan");
    const file = `${folder.path}/nginx.conf`;
    await writeFile(file, configuration(port, folder.path));
    const args = ["-c", file, "-p", folder.path, "-e", `${folder.path}/error.log`];
    const nginx = await run({ command: optionalProgram("nginx") ?? "nginx", args });
    await listening(port);
    return {
      dialect: "nchan",
      port,
      pids: [nginx.pid],
      target: { kind: "nchan", host: "127.0.0.1", port },
      stop: () => nginx.kill(),
      restart: () => Promise.reject(new Error("it is not restarted here")),
    };
  },
};

function moduleFile(): string | undefined {
  return MODULES.map((folder) => `${folder}/ngx_nchan_module.so`).find(existsSync);
}

function configuration(port: number, folder: string): string {
  return `
load_module ${moduleFile()};
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log error;
events { worker_connections 19000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /pub {
      nchan_publisher;
      nchan_channel_id $arg_id;
      nchan_message_buffer_length 300;
    }
    location = /sub {
      nchan_subscriber websocket;
      nchan_channel_id $arg_id;
      nchan_subscriber_first_message newest;
    }
  }
}
`;
}

/** Resolves when somebody listens on the port. */
export async function listening(port: number): Promise<void> {
  await waitFor(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("connect", () => {
          socket.destroy();
          resolve(true);
        });
        socket.once("error", () => resolve(false));
      }),
    { what: `port ${port} to be listened on` },
  );
}
