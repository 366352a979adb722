import { isLoopback, isWildcard } from "./host_metrics.ts";

/**
 * Whether one cannot listen at both local addresses at once: they are the same, or one of them is
 * all addresses. Addresses are those of an inventory or of `ss`, which has `*` for all of both
 * families.
 */
export function overlaps(one: string, other: string): boolean {
  return isAll(one) || isAll(other) || plain(one) === plain(other);
}

/** Whether what listens at `actual` is reached by others than one that listens at `wanted`. */
export function isOpener(actual: string, wanted: readonly string[]): boolean {
  const isWanted = wanted.some((address) => isAll(address) || plain(address) === plain(actual));
  return !isWanted && !isLoopback(plain(actual));
}

function isAll(address: string): boolean {
  return address === "*" || isWildcard(address);
}

/** An address in the one form that it has among its many, as far as it is one. */
function plain(address: string): string {
  const ipv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const url = address.includes(":") ? URL.parse(`http://[${address}]`) : null;
  return url === null ? address : url.hostname.slice(1, -1);
}
