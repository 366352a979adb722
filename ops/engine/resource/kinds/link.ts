import { shellQuote } from "../../connection/quote.ts";
import { shown } from "../change.ts";
import type { Planning } from "../planning.ts";
import type { LinkResource } from "../resource.ts";

/** Plans for a symbolic link. */
export function planLink(resource: LinkResource, planning: Planning): void {
  const { path, target } = resource;
  const fact = planning.facts.paths.get(path);
  if (fact?.type === "directory") {
    planning.refuse(
      resource,
      `Cannot link ${shown(path)} as a link never replaces a directory: a directory is there. ` +
        `Move it away first`,
    );
    return;
  }
  if (fact?.type === "link" && fact.target === target) return;
  if (fact === undefined && !planning.hasParent(resource)) return;
  const from = fact === undefined
    ? null
    : fact.type === "link"
    ? shown(fact.target ?? "")
    : `a ${fact.type === "file" ? "file" : "special file"}`;
  planning.add(resource, {
    summary: fact === undefined
      ? `link ${shown(path)} to ${shown(target)}`
      : `replace ${shown(path)} by a link`,
    differences: [{ property: "target", from, to: shown(target) }],
    script: `ztna_link ${shellQuote(path)} ${shellQuote(target)}\n`,
  });
}
