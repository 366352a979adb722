import { shellQuote } from "../../connection/quote.ts";
import { escapeControls } from "../../../../tunnel/printable.ts";
import type { Planning } from "../planning.ts";
import type { CommandResource } from "../resource.ts";

/** Plans for a command. */
export function planCommand(resource: CommandResource, planning: Planning): void {
  const { id, summary, unless, script } = resource;
  if (planning.facts.conditions.get(id) === true) return;
  planning.add(resource, {
    summary: escapeControls(summary),
    differences: [],
    script: `ztna_command ${shellQuote(script)} ${shellQuote(unless)}\n`,
  });
}
