import { writeSync, writevSync } from "node:fs";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * What the kernel knows a plain connection by: bytes that go past a TLS socket would go unencrypted. Node
 * does not document the handle, but programs have relied on its descriptor ever since; it has none once
 * it is closed.
 */
export function descriptorOf(connection: Duplex): number | undefined {
  if (Object.getPrototypeOf(connection) !== Socket.prototype) return undefined;
  const { _handle: handle } = connection as { readonly _handle?: { readonly fd?: unknown } };
  return typeof handle?.fd === "number" && handle.fd >= 0 ? handle.fd : undefined;
}

/**
 * Writes to a connection; to one that has ended, nothing. Where nothing waits in its stream, the kernel is
 * handed the bytes at once, and only what it does not take goes into the stream: its bookkeeping for each
 * write, and the garbage of it, was a third of all that an event costs which one client alone hears of.
 * What is wrong with a connection is the stream's to find and to tell.
 *
 * @param descriptor the connection's, where it has one
 */
export function writeThrough(
  connection: Duplex,
  descriptor: number | undefined,
  buffers: readonly Uint8Array[],
): void {
  // From the moment on in which it is closed: its descriptor may be another one's then.
  if (!connection.writable) return;
  const mayPass = descriptor !== undefined && connection.writableLength === 0;
  let taken = mayPass ? takenOf(descriptor, buffers) : 0;
  for (const buffer of buffers) {
    if (taken < buffer.length) connection.write(taken === 0 ? buffer : buffer.subarray(taken));
    taken = Math.max(0, taken - buffer.length);
  }
}

/**
 * The same with the first bytes of a buffer that is written to again as soon as this returns.
 *
 * @returns whether the kernel has all of it
 */
export function writeFirst(
  connection: Duplex,
  descriptor: number,
  buffer: Buffer,
  length: number,
): boolean {
  if (!connection.writable) return false;
  const taken = connection.writableLength === 0 ? takenOfFirst(descriptor, buffer, length) : 0;
  if (taken === length) return true;
  connection.write(Buffer.from(buffer.subarray(taken, length)));
  return false;
}

/** @returns how many bytes were taken: none as well where the kernel's buffer is full */
function takenOf(descriptor: number, buffers: readonly Uint8Array[]): number {
  const [first] = buffers;
  if (first === undefined) return 0;
  if (buffers.length === 1) return takenOfFirst(descriptor, first, first.length);
  try {
    return writevSync(descriptor, buffers);
  } catch {
    return 0;
  }
}

function takenOfFirst(descriptor: number, buffer: Uint8Array, length: number): number {
  try {
    return writeSync(descriptor, buffer, 0, length);
  } catch {
    return 0;
  }
}
