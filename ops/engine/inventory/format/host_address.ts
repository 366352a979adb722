/** A host as inventories and patterns write it. */
export interface HostAddress {
  /** A name or an address; may hold ranges such as `[01:20]`. */
  readonly host: string;
  readonly port: number | undefined;
}

const bracketed = /^\[(.+)\]:([0-9]+)$/;
const withPort = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/;
const step = "(?::[0-9]+)?";
const hexadecimalRange = new RegExp(`\\[[0-9a-f]+:[0-9a-f]+${step}\\]`, "gi");
const labelRange = `\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)${step}\\]`;
const label = `(?:[\\p{L}\\p{N}_]|${labelRange})(?:[\\p{L}\\p{N}_-]|${labelRange})*(?<![_-])`;
const hostName = new RegExp(`^${label}(?:\\.${label})*$`, "iu");
const ipv6Group = /^[0-9a-f]{1,4}$/i;
const ipv4 = /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/;

/**
 * Takes a host and its port apart: `web:22`, `[2001:db8::1]:22`, `db[1:3].example.com`. A port of
 * an IPv6 address needs the brackets.
 *
 * @returns `undefined` when it is neither a host name nor an address. Ansible then takes all of the
 * text for the name.
 */
export function parseHostAddress(text: string): HostAddress | undefined {
  let host = text;
  let port: number | undefined;
  // One after the other, as Ansible does: what is in the brackets may have a port of its own.
  for (const pattern of [bracketed, withPort]) {
    const [, hostPart, portPart] = pattern.exec(host) ?? [];
    if (hostPart === undefined) continue;
    host = hostPart;
    port = Number(portPart);
  }
  return hostName.test(host) || isIpv6(host) ? { host, port } : undefined;
}

/** Whether it is an IPv6 address, or a range of such addresses. */
function isIpv6(text: string): boolean {
  const groups = text.replace(hexadecimalRange, "0").split(":");
  const last = groups.at(-1) ?? "";
  // An IPv4 address at the end stands for two groups.
  if (ipv4.test(last)) groups.splice(-1, 1, "0", "0");
  if (groups.length < 3) return false;
  const [head, tail, ...more] = groups.join(":").split("::");
  if (more.length > 0) return false;
  const sides = [head, tail].map((side) =>
    side === undefined || side === "" ? [] : side.split(":")
  );
  const count = sides.flat().length;
  const rightCount = tail === undefined ? count === 8 : count < 8;
  return rightCount && sides.flat().every((group) => ipv6Group.test(group));
}
