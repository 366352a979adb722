import * as v from "valibot";
import type { VariableReader } from "../engine/inventory/variable_reader.ts";

/** Where a warning and where a critical finding begin; the lower is worse if the critical is lower. */
export interface Threshold {
  readonly warning: number;
  readonly critical: number;
}

/** A threshold that the inventory may change. */
export interface ThresholdDeclaration extends Threshold {
  /** The inventory variable: a mapping of `warning` and `critical`. */
  readonly variable: string;
  /** What is compared, with its unit. */
  readonly what: string;
}

/** All thresholds of sweeps, with their defaults and where those come from. */
export const thresholdDeclarations = {
  clockSkew: {
    variable: "ztna_sweep_clock_skew",
    what: "seconds between the host's clock and this machine's",
    // Certificates are valid from a minute before their making on.
    warning: 2,
    critical: 30,
  },
} as const satisfies Readonly<Record<string, ThresholdDeclaration>>;

/** One of {@linkcode thresholdDeclarations}. */
export type ThresholdName = keyof typeof thresholdDeclarations;

const thresholdNames = Object.keys(thresholdDeclarations) as ThresholdName[];

/** All inventory variables of sweeps; `docs/sweep.md` has them. */
export const sweepVariables: readonly string[] = thresholdNames.map((name) =>
  thresholdDeclarations[name].variable
);

/** What the inventory says about the sweeps of a host. */
export interface SweepSettings {
  readonly thresholds: Readonly<Record<ThresholdName, Threshold>>;
}

const thresholdSchema = v.pipe(
  v.strictObject({
    warning: v.pipe(v.number(), v.finite()),
    critical: v.pipe(v.number(), v.finite()),
  }),
  v.check(({ warning, critical }) => warning !== critical, "warning and critical must differ"),
);

/** Reads them; mistakes stay with the reader. */
export function readSweepSettings(reader: Pick<VariableReader, "structure">): SweepSettings {
  const read = (name: ThresholdName): Threshold => {
    const { variable, warning, critical } = thresholdDeclarations[name];
    return reader.structure(variable, thresholdSchema) ?? { warning, critical };
  };
  const thresholds = thresholdNames.map((name) => [name, read(name)]);
  return { thresholds: Object.fromEntries(thresholds) as Record<ThresholdName, Threshold> };
}

/** The settings of a host for which the inventory says nothing. */
export const defaultSweepSettings: SweepSettings = readSweepSettings({
  structure: () => undefined,
});
