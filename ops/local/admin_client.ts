import { get } from "node:http";
import { localAddress } from "./inventory.ts";

/** An answer of an admin endpoint. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** An answer that is longer is cut off, in bytes. */
const maxBodyBytes = 1024 * 1024;
const timeoutMs = 2000;

/**
 * Asks an admin endpoint of this machine; `undefined` when nobody answers in time. Never rejects.
 *
 * With `node:http`, since `fetch` would ask the proxy of the user's environment.
 */
export function askAdmin(port: number, path: string): Promise<AdminAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<AdminAnswer | undefined>();
  const request = get({ host: localAddress, port, path, agent: false }, (response) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    response.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= maxBodyBytes) chunks.push(chunk);
      else request.destroy();
    });
    response.on("end", () => {
      const body = new Uint8Array(length);
      let at = 0;
      for (const chunk of chunks) {
        body.set(chunk, at);
        at += chunk.length;
      }
      resolve({ status: response.statusCode ?? 0, body: new TextDecoder().decode(body) });
    });
    response.on("close", () => resolve(undefined)); // before its end
  });
  const timer = setTimeout(() => request.destroy(), timeoutMs);
  request.on("error", () => resolve(undefined));
  request.on("close", () => resolve(undefined));
  return promise.finally(() => clearTimeout(timer));
}
