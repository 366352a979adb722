import { encodeHex } from "@std/encoding/hex";
import { connectionIdKey } from "./connection_id.ts";
import { connectionIdLength } from "./limits.ts";

interface Route<T> {
  readonly cid: Uint8Array;
  readonly target: T;
}

function matches(cid: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < connectionIdLength; index++) {
    if (cid[index] !== bytes[offset + index]) return false;
  }
  return true;
}

/**
 * Finds the connection of a packet by its destination connection ID: by a number read from the
 * bytes for the IDs that we issued, by text for those that clients chose for their first flight.
 */
export class ConnectionTable<T> {
  readonly #issued = new Map<number, Route<T>>();
  readonly #chosenByClients = new Map<string, T>();

  /** Number of routes. */
  get size(): number {
    return this.#issued.size + this.#chosenByClients.size;
  }

  /** The connection of the issued ID at `offset`; `bytes` must hold all 20 bytes. */
  find(bytes: Uint8Array, offset: number): T | undefined {
    const route = this.#issued.get(connectionIdKey(bytes, offset));
    return route !== undefined && matches(route.cid, bytes, offset) ? route.target : undefined;
  }

  /** The connection of a long header's destination ID of any length. */
  findAny(cid: Uint8Array): T | undefined {
    if (cid.length === connectionIdLength) {
      const target = this.find(cid, 0);
      if (target !== undefined) return target;
    }
    return this.#chosenByClients.size === 0 ? undefined : this.#chosenByClients.get(encodeHex(cid));
  }

  /** Whether a new ID would be confused with one that is in use: then issue another. */
  isTaken(cid: Uint8Array): boolean {
    return this.#issued.has(connectionIdKey(cid, 0));
  }

  /** Adds a route for an ID of ours, which must not be taken. */
  add(cid: Uint8Array, target: T): void {
    this.#issued.set(connectionIdKey(cid, 0), { cid: cid.slice(), target });
  }

  /** Removes the route of an ID of ours. */
  delete(cid: Uint8Array): void {
    const key = connectionIdKey(cid, 0);
    const route = this.#issued.get(key);
    if (route !== undefined && matches(route.cid, cid, 0)) this.#issued.delete(key);
  }

  /** Adds a route for the ID that a client chose for its first Initial. */
  addChosen(cid: Uint8Array, target: T): void {
    this.#chosenByClients.set(encodeHex(cid), target);
  }

  /** Removes the route of an ID that a client chose. */
  deleteChosen(cid: Uint8Array): void {
    this.#chosenByClients.delete(encodeHex(cid));
  }
}
