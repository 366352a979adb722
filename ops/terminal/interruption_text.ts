import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import type { Interruption } from "../engine/run/interruption.ts";
import { tableLines } from "../table.ts";
import { formatLine, type Line, type LineFormat, type Span } from "./span.ts";

/**
 * What users of hosts noticed while those were restarted, a row for each; empty when nothing was.
 *
 * @param interruptions By host.
 */
export function interruptionText(
  interruptions: ReadonlyMap<string, Interruption>,
  format: LineFormat,
): string {
  if (interruptions.size === 0) return "";
  const header = ["HOST", "LOST", "LONGEST OUTAGE", "DRAIN", "PEERS MOVED", "PEERS CLOSED"];
  const rows = [...interruptions].map(([host, found]): Span[] => [
    { text: host, paint: bold },
    { text: found.lost === null ? "not watched" : String(found.lost), paint: lostPaint(found) },
    { text: found.longestOutageMs === null ? "-" : `${Math.round(found.longestOutageMs)} ms` },
    { text: `${found.drainSeconds.toFixed(1)} s` },
    { text: String(found.peersMoved) },
    { text: String(found.peersClosed), ...found.peersClosed > 0 && { paint: yellow } },
  ]);
  const lines: Line[] = tableLines([header.map((text) => ({ text, paint: dim })), ...rows]);
  return lines.map((line) => formatLine(line, format)).join("\n");
}

function lostPaint({ lost }: Interruption): typeof red {
  if (lost === null) return dim;
  return lost === 0 ? green : red;
}
