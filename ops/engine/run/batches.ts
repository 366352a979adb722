/** A number of hosts, or a share of them in whole percent. */
export type HostCount =
  | { readonly unit: "hosts"; readonly value: number }
  | { readonly unit: "percent"; readonly value: number };

/** Sizes of the batches, one after the other; the last one stands for all further ones. */
export type Serial = readonly [HostCount, ...HostCount[]];

/** How messages and `--help` explain a serial value. */
export const serialRule =
  'it must be a number of hosts from 1 up, a percentage from "1%" to "100%", or a list of them ' +
  'such as "1,10%,50%"';

/** How messages and `--help` explain a limit of failures. */
export const maxFailRule =
  'it must be a number of hosts from 0 up or a percentage from "0%" to "100%"';

/** Most steps of a list; more is a mistake. */
const maxSteps = 100;
const countPattern = /^(0|[1-9][0-9]{0,5})(%?)$/;

/** Reads `1`, `25%` or `1,10%,50%`; `undefined` when it breaks {@linkcode serialRule}. */
export function parseSerial(text: string): Serial | undefined {
  const parts = text.split(",", maxSteps + 1);
  if (parts.length > maxSteps) return undefined;
  const steps = parts.map((part) => parseCount(part.trim()));
  const valid = steps.filter((step): step is HostCount => step !== undefined && step.value > 0);
  const [first, ...others] = valid;
  return first === undefined || valid.length < steps.length ? undefined : [first, ...others];
}

/** Reads `0`, `2` or `25%`; `undefined` when it breaks {@linkcode maxFailRule}. */
export function parseMaxFail(text: string): HostCount | undefined {
  return parseCount(text);
}

/**
 * Divides hosts into the batches that run one after the other, by Ansible's rules: percentages are
 * of all hosts, rounded down but at least 1; the last size is repeated until none is left.
 *
 * @param serial Without it, all hosts are one batch.
 */
export function planBatches<H>(hosts: readonly H[], serial?: Serial): readonly (readonly H[])[] {
  if (serial === undefined) return hosts.length === 0 ? [] : [hosts];
  const batches: (readonly H[])[] = [];
  for (let at = 0; at < hosts.length;) {
    const step = serial[Math.min(batches.length, serial.length - 1)]!;
    const size = batchSize(step, hosts.length);
    batches.push(hosts.slice(at, at + size));
    at += size;
  }
  return batches;
}

/** Whether strictly more hosts of a batch failed than may. */
export function exceedsMaxFail(failed: number, total: number, limit: HostCount): boolean {
  // Multiplied instead of divided, so that all numbers are whole and exact.
  return limit.unit === "hosts" ? failed > limit.value : failed * 100 > limit.value * total;
}

function batchSize({ unit, value }: HostCount, total: number): number {
  return unit === "hosts" ? value : Math.max(1, Math.floor(value * total / 100));
}

function parseCount(text: string): HostCount | undefined {
  const [, digits, percent] = countPattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (percent !== "%") return { unit: "hosts", value };
  return value <= 100 ? { unit: "percent", value } : undefined;
}
