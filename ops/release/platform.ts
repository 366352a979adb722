import { HostError } from "../engine/errors.ts";
import { escapeControls, quote } from "../../tunnel/printable.ts";
import type { PlatformFacts } from "./platform_facts.ts";

/** What a release is built for. */
export type Platform = "linux-x64";

/** What differs between platforms. */
export interface PlatformPackages {
  /** npm package with Deno's binary, at Deno's version. */
  readonly runtime: string;
  /** As npm packages name what they are for. */
  readonly os: string;
  readonly cpu: string;
  /** The processor, as Linux names it. */
  readonly arch: string;
  /** The native QUIC library, below `node_modules`. */
  readonly nativeLibrary: string;
}

/** The platforms that releases are built for. */
export const platforms: Readonly<Record<Platform, PlatformPackages>> = {
  "linux-x64": {
    runtime: "@deno/linux-x64-glibc",
    os: "linux",
    cpu: "x64",
    arch: "x86_64",
    nativeLibrary: "@matrixai/quic-linux-x64/node.napi.node",
  },
};

/** What the QUIC library is linked against; Deno is content with 2.27 (`objdump -T`). */
const leastGlibc = { major: 2, minor: 34 };

const expected =
  `a release runs on Linux on x86_64 with glibc ${leastGlibc.major}.${leastGlibc.minor} or newer: ` +
  `Debian 12, Ubuntu 22.04 and what came after them`;

/**
 * The platform of a host.
 *
 * @param host Name in the inventory, for the message.
 * @throws {HostError} when there is no release for it; nothing has been touched then.
 */
export function platformOf(host: string, facts: PlatformFacts): Platform {
  const refuse = (what: string): never => {
    const { distribution, distributionVersion = "" } = facts;
    const system = distribution === undefined
      ? ""
      : ` (${escapeControls(`${distribution} ${distributionVersion}`.trim())})`;
    throw new HostError(
      host,
      `Cannot deploy to ${quote(host)} as ${expected}: current value is ${what}${system}`,
    );
  };
  const { system, machine, glibc } = facts;
  if (system !== "Linux") return refuse(quote(system));
  if (machine === "aarch64" || machine === "arm64") {
    return refuse("linux-arm64, for which there is no QUIC library");
  }
  if (machine !== "x86_64") return refuse(quote(machine));
  if (glibc === undefined) return refuse("a C library that is not glibc, such as musl");
  const { major, minor } = glibc;
  if (major < leastGlibc.major || (major === leastGlibc.major && minor < leastGlibc.minor)) {
    return refuse(`glibc ${major}.${minor}`);
  }
  return "linux-x64";
}
