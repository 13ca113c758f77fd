import cluster from "node:cluster";
import { Membership, type ToPrimary, type ToWorker } from "../../workers/index.js";

/** This process' place among the workers, where it is one of several. */
export function joinWorkers(): { readonly id: number; readonly crew: Membership } | undefined {
  const { worker } = cluster;
  if (worker === undefined) return undefined;
  const crew = new Membership({
    send: (message: ToPrimary) => void (worker.isConnected() && worker.send(message)),
    onMessage: (listener) => {
      process.on("message", (message: ToWorker) => listener(message));
    },
  });
  return { id: worker.id, crew };
}
