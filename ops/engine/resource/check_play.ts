import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { fileBytes } from "./file_bytes.ts";
import { firewallFiles } from "./firewall_files.ts";
import { temporaryPrefix } from "./apply_functions.ts";
import { maxFileBytes, maxPathBytes, maxScriptBytes } from "./limits.ts";
import { isNetwork } from "./network.ts";
import type { FirewallResource, Play, Resource } from "./resource.ts";
import { sysctlFile } from "./sysctl_file.ts";

/** IDs of handlers are file names on the host (see `pending_handlers.ts`). */
const handlerId = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/;
/** What Debian's `adduser` takes, without the `$` of machine accounts. */
const accountName = /^[a-z_][a-z0-9_-]{0,31}$/;
const packageName = /^[a-z0-9][a-z0-9+.-]{1,99}$/;
const sysctlName = /^[a-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/;
const unitName = /^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]+)?\.(service|socket|timer|path|target)$/;
const maxUnitNameLength = 255;

/**
 * Checks what is declared, before any host is asked. What variables can get wrong is a
 * `ConfigError` with all mistakes, one per line; what only code can get wrong is a `TypeError`.
 *
 * @throws {ConfigError} for paths, names, sizes and values.
 * @throws {TypeError} for IDs, modes, tags and handlers.
 */
export function checkPlay(play: Play): void {
  checkIds(play);
  const mistakes = play.resources.flatMap((resource) =>
    mistakesOf(resource).map((mistake) =>
      `Cannot use the resource ${quote(resource.id)} ${mistake}`
    )
  );
  mistakes.push(...sharedPaths(play));
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
}

function checkIds({ resources, handlers }: Play): void {
  const handlerIds = new Set<string>();
  for (const { id, script } of handlers) {
    if (!handlerId.test(id)) {
      throw new TypeError(`Cannot use a handler as its ID must be a file name: ${quote(id)}`);
    }
    if (handlerIds.has(id)) throw new TypeError(`Cannot use two handlers with the ID ${quote(id)}`);
    handlerIds.add(id);
    checkScript(id, script);
  }
  const ids = new Set<string>();
  for (const resource of resources) {
    const { id, notify = [] } = resource;
    if (id === "" || ids.has(id)) {
      throw new TypeError(`Cannot use a resource as its ID must be unique: ${quote(id)}`);
    }
    ids.add(id);
    for (const handler of notify) {
      if (handlerIds.has(handler)) continue;
      throw new TypeError(`Cannot notify ${quote(handler)} from ${quote(id)}: no such handler`);
    }
    if ("mode" in resource && !isMode(resource.mode)) {
      throw new TypeError(
        `Cannot use the mode of ${quote(id)} as it must be from 0 to 0o7777: ${resource.mode}`,
      );
    }
    if (resource.kind === "command") {
      if (resource.summary.trim() === "") throw new TypeError(`${quote(id)} needs a summary`);
      checkScript(id, resource.script);
      checkScript(id, resource.unless);
    }
    if (resource.kind === "file" && resource.validate !== undefined) {
      checkScript(id, resource.validate);
    }
  }
}

function checkScript(id: string, script: string): void {
  const bytes = new TextEncoder().encode(script).length;
  if (script.trim() === "" || script.includes("\0") || bytes > maxScriptBytes) {
    throw new TypeError(
      `Cannot use a script of ${quote(id)} as it must have text, no NUL and at most ` +
        `${maxScriptBytes} bytes: current value has ${bytes}`,
    );
  }
}

function isMode(mode: number): boolean {
  return Number.isInteger(mode) && mode >= 0 && mode <= 0o7777;
}

function mistakesOf(resource: Resource): string[] {
  switch (resource.kind) {
    case "file": {
      const bytes = fileBytes(resource.contents).length;
      return [
        ...pathMistakes(resource.path),
        ...ownerMistakes(resource),
        ...(bytes > maxFileBytes
          ? [`as a file may have ${maxFileBytes} bytes at most: current value has ${bytes}`]
          : []),
      ];
    }
    case "directory":
      return [...pathMistakes(resource.path), ...ownerMistakes(resource)];
    case "absent":
      return pathMistakes(resource.path);
    case "link":
      return [...pathMistakes(resource.path), ...targetMistakes(resource.target)];
    case "user":
      return [
        ...accountMistakes("user", resource.name),
        ...pathMistakes(resource.home),
        // Fields of /etc/passwd end with a colon or the line.
        // deno-lint-ignore no-control-regex -- control characters are what it looks for
        ...(/[:\u0000-\u001f\u007f]/.test(resource.home)
          ? [`as a home must not contain colons: current value is ${quote(resource.home)}`]
          : []),
      ];
    case "package":
      return nameMistakes("package", packageName, resource.name);
    case "sysctl":
      return [
        ...nameMistakes("setting", sysctlName, resource.name),
        ...(Number.isSafeInteger(resource.value)
          ? []
          : [`as its value must be a whole number: current value is ${resource.value}`]),
      ];
    case "service":
      return resource.unit.length > maxUnitNameLength
        ? [`as a unit's name may have ${maxUnitNameLength} characters: ${quote(resource.unit)}`]
        : nameMistakes("unit", unitName, resource.unit);
    case "firewall":
      return firewallMistakes(resource);
    case "command":
      return [];
  }
}

function firewallMistakes({ port, sources = [] }: FirewallResource): string[] {
  const mistakes = sources.filter((source) => !isNetwork(source)).map((source) =>
    `as a source must be an address or a network (10.0.0.0/8): current value is ${quote(source)}`
  );
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    mistakes.push(`as its port must be from 1 to 65535: current value is ${port}`);
  }
  return mistakes;
}

function pathMistakes(path: string): string[] {
  const shown = `current value is ${quote(path)}`;
  if (!path.startsWith("/")) return [`as a path must be absolute: ${shown}`];
  const isNormal = path.split("/").slice(1).every((part) => !["", ".", ".."].includes(part));
  if (!isNormal) {
    return [`as a path must have no empty part, ".", ".." or slash at its end: ${shown}`];
  }
  if (path.slice(path.lastIndexOf("/") + 1).startsWith(temporaryPrefix)) {
    return [`as names that begin with "${temporaryPrefix}" are for temporary files: ${shown}`];
  }
  if (path.includes("\0") || !path.isWellFormed()) {
    return [`as a path must be well-formed text without NUL: ${shown}`];
  }
  if (new TextEncoder().encode(path).length > maxPathBytes) {
    return [`as a path may have ${maxPathBytes} bytes at most: ${shown}`];
  }
  return [];
}

function targetMistakes(target: string): string[] {
  const isTarget = target !== "" && !target.includes("\0") && target.isWellFormed() &&
    new TextEncoder().encode(target).length <= maxPathBytes;
  return isTarget ? [] : [`as a link needs a target: current value is ${quote(target)}`];
}

function ownerMistakes({ owner, group }: { owner: string; group: string }): string[] {
  return [...accountMistakes("owner", owner), ...accountMistakes("group", group)];
}

function accountMistakes(what: string, name: string): string[] {
  return nameMistakes(what, accountName, name);
}

function nameMistakes(what: string, rule: RegExp, name: string): string[] {
  if (rule.test(name)) return [];
  return [`as its ${what} must match ${rule.source}: current value is ${quote(name)}`];
}

/** Two resources that manage one path would undo each other in every run. */
function sharedPaths({ resources }: Play): string[] {
  const users = new Map<string, string>();
  const mistakes: string[] = [];
  for (const resource of resources) {
    for (const path of pathsOf(resource)) {
      const other = users.get(path);
      if (other !== undefined) {
        mistakes.push(
          `Cannot use the resources ${quote(other)} and ${quote(resource.id)} as each path may ` +
            `belong to one: both have ${quote(path)}`,
        );
      }
      users.set(path, resource.id);
    }
  }
  return mistakes;
}

function pathsOf(resource: Resource): string[] {
  switch (resource.kind) {
    case "file":
    case "directory":
    case "absent":
    case "link":
      return [resource.path];
    case "sysctl":
      return [sysctlFile(resource.name)];
    case "firewall":
      return firewallFiles(resource).map(({ path }) => path);
    default:
      return [];
  }
}
