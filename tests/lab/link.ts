import type { LinkChange } from "./arguments.ts";
import { LabError } from "./lab_error.ts";
import type { LabHost } from "./lab_host.ts";

/** Does to a host's link what a command line says. */
export async function changeLink(host: LabHost, change: LinkChange): Promise<void> {
  if (change === "cut") return await host.cut();
  if (change === "mend") return await host.mend();
  throw new LabError("Cannot shape links yet");
}

/** A change, for people. */
export function linkText(change: LinkChange): string {
  if (typeof change === "string") return change;
  const { delayMs, jitterMs, lossPercent } = change;
  return `delay=${delayMs} jitter=${jitterMs} loss=${lossPercent}`;
}
