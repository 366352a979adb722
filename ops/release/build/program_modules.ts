import { fileURLToPath } from "node:url";
import { quote, truncate } from "../../../tunnel/printable.ts";
import { ReleaseError } from "./release_error.ts";

/** What programs are made of. */
export interface ProgramModules {
  /** Files, relative to the checkout, sorted. */
  readonly files: readonly string[];
  /** Packages that they import themselves: `NAME@VERSION`, sorted. */
  readonly packages: readonly string[];
}

/**
 * Finds everything that programs import when they run, as Deno itself sees it; what only types
 * need does not count.
 *
 * @param entryPoints Relative to the checkout.
 * @throws {ReleaseError} when something that they import is not to be had, or is outside.
 */
export async function programModules(
  checkout: string,
  entryPoints: readonly string[],
  signal: AbortSignal,
): Promise<ProgramModules> {
  const graphs = await Promise.all(
    entryPoints.map((entry) => moduleGraph(checkout, entry, signal)),
  );
  return modulesOf(graphs, checkout);
}

/** The part of what `deno info --json` prints that we rely on. */
export interface ModuleGraph {
  readonly roots: readonly string[];
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string; readonly error?: string };
    }[];
  }[];
}

/**
 * Collects what is reachable from the roots of graphs by imports that are left at run time.
 *
 * @throws {ReleaseError} as {@linkcode programModules}.
 */
export function modulesOf(graphs: readonly ModuleGraph[], checkout: string): ProgramModules {
  const files = new Set<string>();
  const packages = new Set<string>();
  for (const graph of graphs) {
    const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
    const seen = new Set<string>();
    const waiting = [...graph.roots];
    for (let specifier = waiting.pop(); specifier !== undefined; specifier = waiting.pop()) {
      const resolved = graph.redirects?.[specifier] ?? specifier;
      if (seen.has(resolved)) continue;
      seen.add(resolved);
      const [, name] = /^npm:\/?((?:@[^/]+\/)?[^/@]+@[^/]+)/.exec(resolved) ?? [];
      if (name !== undefined) packages.add(name);
      if (resolved.startsWith("npm:") || resolved.startsWith("node:")) continue;
      const module = modules.get(resolved);
      if (module === undefined || module.error !== undefined) {
        throw notFound(resolved, module?.error);
      }
      files.add(pathIn(checkout, resolved));
      for (const { specifier: written, code } of module.dependencies ?? []) {
        if (code === undefined) continue;
        if (code.specifier === undefined) throw notFound(written, code.error);
        waiting.push(code.specifier);
      }
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

function pathIn(checkout: string, specifier: string): string {
  const path = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
  if (path.startsWith(`${checkout}/`)) return path.slice(checkout.length + 1);
  throw new ReleaseError(
    `Cannot build a release as its programs must import from the checkout and from npm only: ` +
      `current value is ${quote(path)}`,
  );
}

function notFound(what: string, error: string | undefined): ReleaseError {
  return new ReleaseError(
    `Cannot build a release as everything that its programs import must be there: current value ` +
      `is ${quote(what)}${error === undefined ? "" : `, ${quote(error, 500)}`}`,
  );
}

async function moduleGraph(
  checkout: string,
  entry: string,
  signal: AbortSignal,
): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `--config=${checkout}/deno.json`, `${checkout}/${entry}`],
    cwd: checkout,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal,
  }).output();
  signal.throwIfAborted();
  const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (success) return JSON.parse(read(stdout)) as ModuleGraph;
  throw new ReleaseError(
    `Cannot build a release as "deno info" must succeed for ${quote(entry)}: ` +
      quote(truncate(read(stderr).trim(), 1000), 1100),
  );
}
