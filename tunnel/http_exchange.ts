import { type HttpRequest, maxRequestHeadLength, parseRequestHead } from "./http_request.ts";
import type { HttpRefusal } from "./http_request.ts";
import { encodeReply, type HttpReply, textReply } from "./http_reply.ts";

/** A connection of a client, as `Deno.Conn` has it. What waits rejects when it is closed. */
export interface HttpConnection {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}

/** Bytes after a request that are read and dropped, before the connection is closed all the same. */
const maxDrainedLength = 65_536;

/**
 * Serves a connection: reads one request, answers it, and closes. Time is the caller's: who closes
 * the connection resolves `isCut`, and it ends.
 *
 * @param answer Must not reject.
 * @returns the status of the answer that the client got; `undefined` when it got none. Never
 * rejects.
 */
export async function exchange(
  connection: HttpConnection,
  isCut: Promise<void>,
  answer: (request: HttpRequest) => Promise<HttpReply>,
): Promise<HttpReply["status"] | undefined> {
  let status: HttpReply["status"] | undefined;
  try {
    const request = await readRequest(connection);
    if (request === undefined) return status;
    const reply = typeof request === "number"
      ? textReply(request)
      : await Promise.race([answer(request), isCut]);
    if (reply === undefined) return status;
    await writeAll(connection, encodeReply(reply, isHead(request)));
    status = reply.status;
    await connection.closeWrite();
    await drain(connection);
  } catch {
    // The client has gone, or its connection was cut.
  } finally {
    closeQuietly(connection);
  }
  return status;
}

/** Closes a connection that may be closed already. */
export function closeQuietly(connection: Pick<HttpConnection, "close">): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}

function isHead(request: HttpRequest | HttpRefusal): boolean {
  return typeof request === "object" && request.method === "HEAD";
}

/** The head of a connection's request; `undefined` when the client closes before its end. */
async function readRequest(
  connection: HttpConnection,
): Promise<HttpRequest | HttpRefusal | undefined> {
  const buffer = new Uint8Array(maxRequestHeadLength);
  let length = 0;
  while (true) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) return undefined;
    length += read;
    const request = parseRequestHead(buffer.subarray(0, length));
    if (request !== undefined) return request;
  }
}

async function writeAll(connection: HttpConnection, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length;) {
    start += await connection.write(bytes.subarray(start));
  }
}

/**
 * Reads what the client still sends until it closes: closing a socket with unread bytes resets the
 * connection, and the client might lose the answer.
 */
async function drain(connection: HttpConnection): Promise<void> {
  const sink = new Uint8Array(4096);
  for (let drained = 0; drained < maxDrainedLength;) {
    const read = await connection.read(sink);
    if (read === null) return;
    drained += read;
  }
}
