import * as v from "valibot";
import type { VariableReader } from "../engine/inventory/variable_reader.ts";
import { quietVariables, readSweepQuiet, type SweepQuiet } from "./sweep_silences.ts";

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
  diskSpace: {
    variable: "ztna_sweep_disk_space",
    what: "percent of a file system's space in use, as df counts it",
    // A deploy wants room for a second release; a journal may take 10 % of its file system.
    warning: 85,
    critical: 95,
  },
  inodes: {
    variable: "ztna_sweep_inodes",
    what: "percent of a file system's inodes in use",
    warning: 85,
    critical: 95,
  },
  memory: {
    variable: "ztna_sweep_memory",
    what: "percent of memory that programs can still get",
    warning: 10,
    critical: 3,
  },
  memoryPressure: {
    variable: "ztna_sweep_memory_pressure",
    what: "percent of the last minute that all work has waited for memory",
    // Packets that wait a tenth of the time are packets lost; at half of it nothing gets done.
    warning: 10,
    critical: 50,
  },
  load: {
    variable: "ztna_sweep_load",
    what: "load of the last five minutes per processor",
    warning: 2,
    critical: 8,
  },
  fileDescriptors: {
    variable: "ztna_sweep_file_descriptors",
    what: "percent of file descriptors in use, of a program's limit and of the host's",
    warning: 70,
    critical: 90,
  },
  udpErrors: {
    variable: "ztna_sweep_udp_errors",
    what: "percent of UDP datagrams that the host's kernel has dropped since the sweep before",
    // By Mathis' formula TCP gets about 7 Mbit/s over 50 ms at the first, 1.6 at the second.
    warning: 0.1,
    critical: 2,
  },
  journalErrors: {
    variable: "ztna_sweep_journal_errors",
    what: "errors in the journal of a program since the sweep before",
    warning: 1,
    critical: 100,
  },
  restarts: {
    variable: "ztna_sweep_restarts",
    what: "restarts of a program by systemd since the sweep before",
    // A deploy gives a program up after three.
    warning: 1,
    critical: 3,
  },
  drain: {
    variable: "ztna_sweep_drain",
    what: "seconds that a program has been draining while nobody works on its host",
    // A command goes on within seconds; the longest drain by default has 30 s.
    warning: 60,
    critical: 600,
  },
  certificateExpiry: {
    variable: "ztna_sweep_certificate_expiry",
    what: "days until a certificate expires",
    // As the alerts have it: a deploy renews when a third of the year is left.
    warning: 21,
    critical: 3,
  },
  releaseAge: {
    variable: "ztna_sweep_release_age",
    what: "days since the host was switched to its release, with its version of Deno",
    warning: 180,
    critical: 730,
  },
  tunnelLoss: {
    variable: "ztna_sweep_tunnel_loss",
    what: "percent of 20 packets through the tunnel that did not come back",
    // One packet in 20 is lost now and then by networks that are well.
    warning: 10,
    critical: 50,
  },
  tunnelRoundTrip: {
    variable: "ztna_sweep_tunnel_round_trip",
    what: "milliseconds of the slowest round trip but one in a hundred (p99) through the tunnel",
    // A call is good up to 150 ms one way (ITU-T G.114), and at an end at 400.
    warning: 300,
    critical: 800,
  },
} as const satisfies Readonly<Record<string, ThresholdDeclaration>>;

/** One of {@linkcode thresholdDeclarations}. */
export type ThresholdName = keyof typeof thresholdDeclarations;

const thresholdNames = Object.keys(thresholdDeclarations) as ThresholdName[];

/** All inventory variables of sweeps; `docs/sweep.md` has them. */
export const sweepVariables: readonly string[] = [
  ...thresholdNames.map((name) => thresholdDeclarations[name].variable),
  ...quietVariables,
];

/** What the inventory says about the sweeps of a host. */
export interface SweepSettings {
  readonly thresholds: Readonly<Record<ThresholdName, Threshold>>;
  readonly quiet: SweepQuiet;
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
  return {
    thresholds: Object.fromEntries(thresholds) as Record<ThresholdName, Threshold>,
    quiet: readSweepQuiet(reader),
  };
}

/** The settings of a host for which the inventory says nothing. */
export const defaultSweepSettings: SweepSettings = readSweepSettings({
  structure: () => undefined,
});
