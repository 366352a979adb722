import { homedir } from "node:os";
import type { Environment } from "../../state_home.ts";

/** Where npm's packages are to be had, and how. */
export interface NpmRegistry {
  /** Of a package without a scope, or with one that has no registry of its own. */
  readonly url: string;
  /** By scope, with its `@`. */
  readonly scopes: ReadonlyMap<string, string>;
  /** Values of the header `Authorization`, by the address without its scheme: `//host/path/`. */
  readonly authorizations: ReadonlyMap<string, string>;
}

const publicRegistry = "https://registry.npmjs.org/";

/**
 * The user's settings as Deno has them: `NPM_CONFIG_REGISTRY`, then the `.npmrc` of the checkout,
 * then that of the home directory.
 *
 * @param files Texts of the `.npmrc` files, the weakest first.
 */
export function npmRegistry(files: readonly string[], environment: Environment): NpmRegistry {
  const settings = new Map(files.flatMap((text) => readNpmrc(text, environment)));
  const scopes = new Map<string, string>();
  const authorizations = new Map<string, string>();
  for (const [key, value] of settings) {
    if (/^@[^/:]+:registry$/.test(key)) scopes.set(key.split(":")[0]!, withSlash(value));
    const [, address, kind] = /^(\/\/.+):(_authToken|_auth|username)$/.exec(key) ?? [];
    if (address === undefined) continue;
    const authorization = authorizationOf(kind!, value, settings.get(`${address}:_password`));
    if (authorization !== undefined) authorizations.set(withSlash(address), authorization);
  }
  const url = environment.get("NPM_CONFIG_REGISTRY") || settings.get("registry") || publicRegistry;
  return { url: withSlash(url), scopes, authorizations };
}

/** Reads the `.npmrc` files that concern a checkout, the weakest first. */
export function readNpmrcFiles(checkout: string): string[] {
  return [`${homedir()}/.npmrc`, `${checkout}/.npmrc`].flatMap((path) => {
    try {
      return [Deno.readTextFileSync(path)];
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
}

/** The address of a package's description, where the addresses of its archives are. */
export function packageUrl(registry: NpmRegistry, name: string): string {
  const [scope] = name.split("/");
  const base = registry.scopes.get(scope!) ?? registry.url;
  return `${base}${name.replace("/", "%2f")}`;
}

/** The address that registries have a package's archive at, if nothing else is said. */
export function archiveUrl(registry: NpmRegistry, name: string, version: string): string {
  const [scope] = name.split("/");
  const base = registry.scopes.get(scope!) ?? registry.url;
  return `${base}${name}/-/${name.replace(/^.*\//, "")}-${version}.tgz`;
}

/** The header that lets us in at `url`: that of the longest address which it begins with. */
export function authorizationFor(registry: NpmRegistry, url: string): string | undefined {
  const address = url.replace(/^https?:/, "");
  const [longest] = [...registry.authorizations]
    .filter(([prefix]) => address.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length);
  return longest?.[1];
}

function readNpmrc(text: string, environment: Environment): [string, string][] {
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) return [];
    const expand = (part: string): string =>
      part.replace(/\$\{([^}]+)\}/g, (whole, name: string) => environment.get(name) ?? whole);
    return [[expand(key), expand(value!.replace(/^"(.*)"$/, "$1"))]];
  });
}

function authorizationOf(
  kind: string,
  value: string,
  password: string | undefined,
): string | undefined {
  if (kind === "_authToken") return `Bearer ${value}`;
  if (kind === "_auth") return `Basic ${value}`;
  // npm keeps passwords in Base64.
  return password === undefined ? undefined : `Basic ${btoa(`${value}:${atob(password)}`)}`;
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
