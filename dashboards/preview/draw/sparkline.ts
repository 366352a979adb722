import type { Point, TimeRange } from "../data/source.ts";
import { type Html, html } from "../page/html.ts";

/** The course of a value behind it, as an area that fills its box. */
export function drawSparkline(points: readonly Point[], range: TimeRange, color: string): Html {
  const shown = points.filter(([, value]) => Number.isFinite(value));
  if (shown.length < 2) return html``;
  const values = shown.map(([, value]) => value);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const x = (seconds: number): string =>
    ((seconds - range.start) / (range.end - range.start) * 100).toFixed(2);
  // A flat line stands at a third, where it is seen and hides nothing.
  const y = (value: number): string =>
    (high === low ? 66 : 96 - (value - low) / (high - low) * 88).toFixed(1);
  const path = shown.map(([seconds, value]) => `${x(seconds)} ${y(value)}`).join("L");
  const [first, last] = [x(shown[0]![0]), x(shown.at(-1)![0])];
  return html`
    <svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path d="M${first} 100L${path}L${last} 100Z" fill="${color}" fill-opacity=".18" />
      <path d="M${path}" fill="none" stroke="${color}" vector-effect="non-scaling-stroke" />
    </svg>
  `;
}
