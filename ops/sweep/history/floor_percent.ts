/** A part of 1 as percent for people, rounded down: an outage must not look like none. */
export function floorPercent(ratio: number): string {
  return `${(Math.floor(ratio * 100_000) / 1000).toFixed(3).replace(/0$/, "")} %`;
}

/** A part of the time that nobody knows, as whole percent; never 100, as something is known. */
export function unknownPercent(part: number): number {
  return Math.min(99, Math.round(part * 100));
}
