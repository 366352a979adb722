import { type Html, html } from "../../../../dashboards/preview/page/html.ts";
import { type FindingStatus, findingStatuses } from "../../finding.ts";
import { formatLocalTime } from "../../../terminal/local_time.ts";

/** A sweep's bar, in px: the worse, the higher, so that it is seen without colours, too. */
const cellPx = 4;
const barPx = 3;
const heightPx = 20;
const barHeightPx: Readonly<Record<FindingStatus, number>> = { ok: 5, warning: 12, critical: 20 };

/** How a host was at the last sweeps, a bar each, from old to new. */
export function sparkline(
  startsMs: readonly number[],
  statuses: readonly (FindingStatus | null)[],
): Html {
  if (startsMs.length < 2) return html``;
  const bars = findingStatuses.map((status) => {
    const height = barHeightPx[status];
    const path = statuses.map((each, i) =>
      each === status ? `M${i * cellPx} ${heightPx - height}h${barPx}v${height}h-${barPx}z` : ""
    ).join("");
    return path === "" ? html`` : html`
      <path class="${status}" d="${path}" />
    `;
  });
  const count = (wanted: FindingStatus): number =>
    statuses.filter((status) => status === wanted).length;
  const words = `Since ${formatLocalTime(startsMs[0]!)}, in ${startsMs.length} sweeps: ` +
    `${count("critical")} critical, ${count("warning")} with warnings, ${count("ok")} all right`;
  return html`
    <svg class="spark" viewBox="0 0 ${startsMs.length * cellPx} ${heightPx}"
      preserveAspectRatio="none" role="img"
      aria-label="${words}"><title>${words}</title>${bars}</svg>
  `;
}
