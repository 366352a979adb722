import { createHash } from "node:crypto";
import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { contentDigest } from "../checkout_release.ts";
import { type PackageLock, parsePackageLock } from "./package_lock.ts";
import type { Platform } from "../platform.ts";

/** Everything in a checkout that a release can depend on, this builder included. */
const parts = [
  ...["relay", "connector", "tunnel", "ops/local/application.ts"],
  ...["ops/release", "ops/fleet/host_paths.ts"],
  ...["deno.json", "deno.lock", ".tool-versions", "LICENSE", "std.d.ts"],
];

/** The runtime's pin, in the checkout. */
const runtimeLockFile = "ops/release/build/runtime.lock";

/** What a checkout says about its releases. */
export interface BuildInputs {
  /** Changes with anything that a release depends on. */
  readonly digest: string;
  readonly version: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Of the programs. */
  readonly lock: PackageLock;
  /** Of Deno's own packages. */
  readonly runtimeLock: PackageLock;
  /** The checkout's `deno.json`. */
  readonly config: DenoConfig;
}

/** The parts of a `deno.json` that programs need when they run. */
export interface DenoConfig {
  readonly version: string;
  readonly imports: Readonly<Record<string, string>>;
  readonly unstable: readonly string[];
}

/**
 * Reads what a release of a checkout depends on.
 *
 * @throws {ConfigError} when its files don't fit together.
 */
export function readBuildInputs(checkout: string, platform: Platform): BuildInputs {
  const read = (file: string): string => Deno.readTextFileSync(`${checkout}/${file}`);
  const config = readDenoConfig(read("deno.json"));
  const deno = readDenoVersion(read(".tool-versions"));
  const runtimeLock = parsePackageLock(read(runtimeLockFile), runtimeLockFile);
  if (!runtimeLock.packages.has(`deno@${deno}`)) {
    throw new ConfigError(
      `Cannot build a release as ${quote(runtimeLockFile)} must pin the version of Deno that ` +
        `".tool-versions" says: current value there is ${quote(deno)}; run ` +
        `"deno run -A ops/release/build/pin_runtime.ts" and commit what it writes`,
    );
  }
  const digest = createHash("sha256").update(`${platform}\n${contentDigest(checkout, parts)}`);
  return {
    digest: digest.digest("hex"),
    version: config.version,
    deno,
    lock: parsePackageLock(read("deno.lock"), "deno.lock"),
    runtimeLock,
    config,
  };
}

function readDenoVersion(text: string): string {
  const version = /^deno +(\d+\.\d+\.\d+)\s*$/m.exec(text)?.[1];
  if (version !== undefined) return version;
  throw new ConfigError(
    `Cannot build a release as ".tool-versions" must have a line "deno VERSION": current value ` +
      `is ${quote(text)}`,
  );
}

function readDenoConfig(text: string): DenoConfig {
  const { version, imports = {}, unstable = [] } = JSON.parse(text) as Partial<DenoConfig>;
  // It becomes a directory's name, and a word of shell scripts.
  if (version === undefined || !/^\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.+-]*)?$/.test(version)) {
    throw new ConfigError(
      `Cannot build a release as "version" in deno.json must be like 1.2.3 or 1.2.3-beta.1: ` +
        `current value is ${quote(String(version))}`,
    );
  }
  return { version, imports, unstable };
}
