import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";

/** A package of npm's, as a lock file pins it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** What its archive must hash to: `sha512-` and Base64. */
  readonly integrity: string;
  /** Names with versions, optional ones included: keys of {@linkcode PackageLock.packages}. */
  readonly dependencies: readonly string[];
  /** What it is for; everything when empty. */
  readonly os: readonly string[];
  readonly cpu: readonly string[];
}

/** The part of a `deno.lock` that is about npm. */
export interface PackageLock {
  /** By `NAME@VERSION`. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
}

/**
 * Reads a lock file of Deno's, format 5.
 *
 * @param file Its path, for messages.
 * @throws {ConfigError} when it is of another format, or a package of it is not pinned.
 */
export function parsePackageLock(text: string, file: string): PackageLock {
  const fail = (rule: string, value: unknown): never => {
    throw new ConfigError(
      `Cannot use the lock file ${quote(file)} as ${rule}: current value is ` +
        quote(JSON.stringify(value) ?? "nothing"),
    );
  };
  const lock = record(parseJson(text));
  if (lock?.version !== "5") fail("its version must be 5", lock?.version);
  const entries = Object.entries(record(lock?.npm) ?? {});
  const keys = new Set(entries.map(([key]) => key));
  const keysByName = Map.groupBy(keys, (key) => splitKey(key).name);
  const packages = entries.map(([key, value]): [string, LockedPackage] => {
    const entry = record(value) ?? {};
    const { integrity } = entry;
    if (typeof integrity !== "string" || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)) {
      return fail(`"npm" must give ${quote(key)} an integrity with SHA-512`, integrity ?? null);
    }
    const wanted = [...strings(entry.dependencies), ...strings(entry.optionalDependencies)];
    const dependencies = wanted.map((dependency) => {
      // The version is left out where the lock has only one of that name.
      const named = keysByName.get(dependency);
      const found = named?.length === 1 ? named[0]! : dependency;
      return keys.has(found)
        ? found
        : fail(`"npm" must have what ${quote(key)} depends on`, dependency);
    });
    const { os, cpu } = entry;
    return [key, { ...splitKey(key), integrity, dependencies, os: strings(os), cpu: strings(cpu) }];
  });
  return { packages: new Map(packages) };
}

/**
 * The packages that are needed, and everything that they depend on, as far as it is for this
 * platform; in the order of their keys.
 *
 * @param roots Keys of the lock: `NAME@VERSION`.
 * @throws {ConfigError} when the lock does not have one of them.
 */
export function packageClosure(
  lock: PackageLock,
  roots: Iterable<string>,
  platform: { readonly os: string; readonly cpu: string },
): LockedPackage[] {
  const needed = new Map<string, LockedPackage>();
  const visit = (key: string): void => {
    if (needed.has(key)) return;
    const found = lock.packages.get(key);
    if (found === undefined) {
      throw new ConfigError(
        `Cannot build a release as the lock file must pin every package: current value lacks ` +
          `${quote(key)}; run "deno install" and commit deno.lock`,
      );
    }
    const { os, cpu } = found;
    if (os.length > 0 && !os.includes(platform.os)) return;
    if (cpu.length > 0 && !cpu.includes(platform.cpu)) return;
    needed.set(key, found);
    for (const dependency of found.dependencies) visit(dependency);
  };
  for (const root of roots) visit(root);
  return [...needed].sort(([a], [b]) => a < b ? -1 : 1).map(([, found]) => found);
}

/** Splits `@scope/name@1.2.3`; what follows an underscore tells peers apart. */
function splitKey(key: string): { readonly name: string; readonly version: string } {
  const at = key.indexOf("@", 1);
  return { name: key.slice(0, at), version: key.slice(at + 1).replace(/_.*$/, "") };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
