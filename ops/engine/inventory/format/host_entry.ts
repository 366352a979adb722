import { mistakeAt, type SourcePlace } from "../mistakes.ts";
import { parseHostAddress } from "./host_address.ts";
import { expandHostRange } from "./host_range.ts";

/** The hosts that one line or key of an inventory names. */
export interface HostEntry {
  readonly names: readonly string[];
  /** Port of all of them. */
  readonly port: number | undefined;
}

/**
 * Reads a host with the ranges and the port that it may have.
 *
 * @throws {ConfigError} when a range is wrong or stands for too many hosts.
 */
export function readHostEntry(text: string, place: SourcePlace): HostEntry {
  const { host, port } = parseHostAddress(text) ?? { host: text, port: undefined };
  const expanded = expandHostRange(host);
  if ("rule" in expanded) throw mistakeAt(place, expanded.rule, text);
  if (port !== undefined && port > 65_535) {
    throw mistakeAt(place, "a port must be from 1 to 65535", text);
  }
  // Ansible takes a port of 0 for none.
  return { names: expanded.names, port: port === 0 ? undefined : port };
}
