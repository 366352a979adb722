/** How much loss is still a success: a number of packets, or a percentage of those sent. */
export type LossLimit =
  | { readonly kind: "count"; readonly packets: number }
  | { readonly kind: "percent"; readonly percent: number };

/** Reads `5` or `0.5%`; `undefined` for anything else. Percentages are 0 to 100. */
export function parseLossLimit(text: string): LossLimit | undefined {
  if (/^\d{1,15}$/.test(text)) return { kind: "count", packets: Number(text) };
  const [, digits] = /^(\d{1,3}(?:\.\d{1,15})?)%$/.exec(text) ?? [];
  const percent = Number(digits);
  // NaN, from a text of another form, is not below 100 either.
  return percent <= 100 ? { kind: "percent", percent } : undefined;
}

/** Whether `lost` of `sent` packets are more than the limit allows. */
export function exceedsLossLimit(limit: LossLimit, sent: number, lost: number): boolean {
  // Compared as a product: a loss of exactly the limit must not fail by a rounding error.
  return limit.kind === "count" ? lost > limit.packets : lost * 100 > limit.percent * sent;
}

/** The limit as the command line has it. */
export function formatLossLimit(limit: LossLimit): string {
  return limit.kind === "count" ? String(limit.packets) : `${limit.percent}%`;
}
