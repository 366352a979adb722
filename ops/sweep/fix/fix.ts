import type { CommandResource } from "../../engine/resource/resource.ts";
import type { ProgramName } from "../../fleet/fleet.ts";
import type { HostView } from "../check.ts";
import type { Finding } from "../finding.ts";

/** What a fix may depend on: a host as the sweep has seen it. */
export interface FixView extends Pick<HostView, "host" | "facts" | "authority"> {
  /** Whether this machine can issue certificates of the fleet. */
  readonly canIssue: boolean;
}

/** What mends a finding, in terms of what a deploy and a restart do. */
export interface Remedy {
  /** IDs of the resources of a deploy that are made true again. */
  readonly resources?: readonly string[];
  /** Commands of its own; they come after the resources. */
  readonly commands?: readonly CommandResource[];
  /** A program that reads its certificates again. */
  readonly reload?: Exclude<ProgramName, "application">;
  /** A program that is restarted, unless it takes peers again. */
  readonly endDrainOf?: ProgramName;
  /** Whether the host's certificates have to be there, renewed where that is due. */
  readonly needsCredentials?: boolean;
}

/** What a fix says of a finding: what mends it, or why that is better left to people. */
export type Treatment =
  | { readonly mend: Remedy }
  | { readonly leave: string };

/** How what one check finds is mended without a risk for what works. Pure. */
export interface Fix {
  /** The check's ID. */
  readonly check: string;
  /** What it does, as a sentence without a full stop: the documentation is made of it. */
  readonly does: string;
  /**
   * What to do about a finding that is not well; `undefined` when nothing can be done.
   *
   * @throws never: what a host has said may be anything.
   */
  treat(finding: Finding, view: FixView): Treatment | undefined;
}

/** A finding with what is to mend it. */
export interface Mend {
  readonly finding: Finding;
  readonly remedy: Remedy;
}

/** A finding that could be mended, and is not. */
export interface LeftFinding {
  readonly finding: Finding;
  /** Why, for people. */
  readonly why: string;
}
