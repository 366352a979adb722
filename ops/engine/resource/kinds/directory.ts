import { shellQuote } from "../../connection/quote.ts";
import { type Difference, shown, shownMode } from "../change.ts";
import type { Planning } from "../planning.ts";
import type { DirectoryResource } from "../resource.ts";
import { scriptMode } from "./file.ts";

/** Plans for a directory. */
export function planDirectory(resource: DirectoryResource, planning: Planning): void {
  const { path, mode, owner, group } = resource;
  const fact = planning.facts.paths.get(path);
  if (fact !== undefined && fact.type !== "directory") {
    const what = { file: "file", link: "link", other: "special file" }[fact.type];
    planning.refuse(
      resource,
      `Cannot create the directory ${shown(path)} as the name must be free: a ${what} is there. ` +
        `Move it away first`,
    );
    return;
  }
  const differences: Difference[] = [];
  const compare = (property: string, from: string | undefined, to: string): void => {
    if (from !== to) differences.push({ property, from: from ?? null, to });
  };
  compare("mode", fact && shownMode(fact.mode), shownMode(mode));
  compare("owner", fact && shown(fact.owner), owner);
  compare("group", fact && shown(fact.group), group);
  if (differences.length === 0 || !planning.hasOwners(resource)) return;
  if (fact === undefined && !planning.hasParent(resource)) return;
  planning.add(resource, {
    summary: fact === undefined
      ? `create the directory ${shown(path)} (mode ${shownMode(mode)}, ${owner}:${group})`
      : `update the directory ${shown(path)}`,
    differences,
    script: `ztna_directory ${shellQuote(path)} ${shellQuote(`${owner}:${group}`)} ` +
      `${scriptMode(mode)}\n`,
  });
}
