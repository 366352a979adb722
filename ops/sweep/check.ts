import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import type { ThresholdName } from "../fleet/sweep_settings.ts";
import type { HostFacts, KeptFacts } from "./facts/fact_sources.ts";
import type { Verdict } from "./finding.ts";

/** What is known of a host that has answered. */
export interface HostView {
  readonly fleet: Fleet;
  readonly host: FleetHost;
  /** What its answer has told; a part that could not be read is `undefined`. */
  readonly facts: HostFacts;
  /**
   * What it told at the sweep before, for what is counted since then: only of sources that are a
   * `KeptFactSource`.
   */
  readonly before: KeptFacts | undefined;
  /** This machine's clock when the answer came and when the question went, in ms since 1970. */
  readonly receivedMs: number;
  readonly askedMs: number;
  /** The release that it should run; `undefined` where nobody knows. */
  readonly wantedRelease: string | undefined;
}

/** What is common to all checks: the documentation is made of it. */
export interface CheckDeclaration {
  /** Lower case with hyphens: `disk-space`. */
  readonly id: string;
  /** What it looks at, as a sentence without a full stop. */
  readonly looksAt: string;
  /** Where a warning and where a critical finding begin, settable in the inventory. */
  readonly threshold?: ThresholdName;
}

/** A check of one host by what it has answered. Pure. */
export interface HostCheck extends CheckDeclaration {
  /**
   * One verdict for each subject, none where there is nothing to look at.
   *
   * @throws never: what a host has said may be anything.
   */
  evaluate(view: HostView): readonly Verdict[];
}
