import { shellQuote } from "../../connection/quote.ts";
import { shown } from "../change.ts";
import type { Planning } from "../planning.ts";
import type { AbsentResource } from "../resource.ts";

/** Plans for something that must not be there. */
export function planAbsent(resource: AbsentResource, planning: Planning): void {
  const { path } = resource;
  const fact = planning.facts.paths.get(path);
  if (fact === undefined) return;
  const what = { file: "file", directory: "directory", link: "link", other: "special file" };
  planning.add(resource, {
    summary: `remove the ${what[fact.type]} ${shown(path)}`,
    differences: [{ property: "type", from: fact.type, to: null }],
    script: `ztna_remove ${shellQuote(path)}\n`,
  });
}
