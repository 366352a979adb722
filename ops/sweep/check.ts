import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import type { ThresholdName } from "../fleet/sweep_settings.ts";
import type { Drift } from "./drift.ts";
import type { HostFacts, KeptFacts } from "./facts/fact_sources.ts";
import type { Verdict } from "./finding.ts";
import type { TunnelLook } from "./tunnels/tunnel_look.ts";

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
  /** What is not as a deploy would make it; missing where nothing was compared. */
  readonly drift?: Drift | undefined;
  /** The certificate of the fleet's authority (PEM), where this machine has it. */
  readonly authority?: string | undefined;
}

/** What is known of a whole fleet once all its hosts have been asked. */
export interface FleetView {
  readonly fleet: Fleet;
  /** Those that have answered, by name. */
  readonly hosts: ReadonlyMap<string, HostView>;
  /** What this machine has seen of the tunnels; `undefined` when it was not to look. */
  readonly tunnels: TunnelLook | undefined;
  /** Whether this machine has the certificates that the fleet's hosts were given. */
  readonly hasCredentials: boolean;
  /** This machine's clock at the end, in ms since 1970. */
  readonly nowMs: number;
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

/** A verdict on a host, or on the whole fleet. */
export interface FleetVerdict extends Verdict {
  /** Name in the inventory; `null` for what is the whole fleet's. */
  readonly host: string | null;
}

/** A check of what one host's answer alone does not tell. Pure. */
export interface FleetCheck extends CheckDeclaration {
  /**
   * One verdict for each subject, none where there is nothing to look at.
   *
   * @throws never: what hosts have said may be anything.
   */
  evaluate(view: FleetView): readonly FleetVerdict[];
}
