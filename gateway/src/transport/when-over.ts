import type { ServerResponse } from "node:http";

/**
 * Calls back once, when a response has been sent or its connection has closed. Node does not tell that to
 * a response which still waits behind another one of its connection, as pipelined requests have them wait.
 */
export function whenOver(response: ServerResponse, callBack: () => void): void {
  const { socket } = response.req;
  let isOver = false;
  const end = () => {
    // Where the one event comes of the other, no longer listening is too late.
    if (isOver) return;
    isOver = true;
    response.off("close", end);
    socket.off("close", end);
    callBack();
  };
  response.once("close", end);
  socket.once("close", end);
}
