import { isIP } from "node:net";

/** Whether a text is an IPv4 or IPv6 address, or a network of them: `10.0.0.0/8`, `fd00::/64`. */
export function isNetwork(text: string): boolean {
  const [, address = "", bits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}
