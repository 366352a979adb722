/** What a host is at, as far as it is not over. */
export type HostPhase =
  /** For its batch, for the lock, or for a slot of `--forks`; the detail says for what. */
  | "waiting"
  | "connecting"
  | "gathering"
  /** What would change is known. */
  | "planned"
  | "uploading"
  | "applying"
  | "switching"
  | "draining"
  | "restarting"
  /** Readiness and the probe through the tunnel. */
  | "verifying"
  /** A command of the user runs. */
  | "running"
  | "rolling_back";

/** How it ended for a host. */
export type HostOutcome =
  /** Everything is as it should be; `changed` says how much was not before. */
  | "done"
  | "failed"
  | "unreachable"
  /** Nothing was done, because the run stopped before. */
  | "skipped"
  /** It failed, and has the release again that it had before. */
  | "rolled_back";

/** A host as the run's start names it. */
export interface FleetMember {
  /** Name in the inventory. */
  readonly host: string;
  /** What it is in the fleet, such as `relay`; may be empty. */
  readonly role: string;
}

/** The first event of a run. */
export interface RunStarted {
  readonly type: "run_started";
  /** The command's name: `deploy`. */
  readonly command: string;
  /** Its arguments, for the audit. */
  readonly arguments: readonly string[];
  /** Name of the fleet, from its inventory; may be empty. */
  readonly fleet: string;
  /** The release that the hosts are brought to; `null` where there is none. */
  readonly release: string | null;
  /** Nothing is changed (`--check`). */
  readonly check: boolean;
  /** In inventory order. */
  readonly hosts: readonly FleetMember[];
}

/** A host begins something else. The time since the last such event is what that took. */
export interface HostState {
  readonly type: "host_state";
  readonly host: string;
  readonly phase: HostPhase;
  /** A few words on it: `batch 2 of 4`, `12 peers left`. A new detail is not a new phase. */
  readonly detail?: string;
}

/** It is over for a host. */
export interface HostFinished {
  readonly type: "host_finished";
  readonly host: string;
  readonly outcome: HostOutcome;
  /** Changes made or, with `--check`, due. */
  readonly changed: number;
  /** What it ran before, and what it runs now; `null` for nothing or not known. */
  readonly releaseBefore: string | null;
  readonly releaseAfter: string | null;
  /** What went wrong and what to do, in whole sentences; given for all outcomes but `done`. */
  readonly error?: string;
}

/** How much of an upload has arrived; at most a few times a second. */
export interface UploadProgress {
  readonly type: "upload_progress";
  readonly host: string;
  /** Bytes that have arrived, those of earlier attempts included. */
  readonly bytes: number;
  readonly of: number;
}

/** One change of one resource. */
export interface Change {
  readonly type: "change";
  readonly host: string;
  /** The resource's ID: `file:/etc/ztna/relay.json`. */
  readonly resource: string;
  /** In the imperative: "write /etc/ztna/relay.json". */
  readonly summary: string;
  /** `planned` comes first, then either of the others, unless nothing is to be changed. */
  readonly state: "planned" | "applied" | "failed";
  /** Unified diff, secrets masked; with `planned` only. */
  readonly diff?: string;
  /** What went wrong; with `failed` only. */
  readonly error?: string;
}

/** A line that a script wrote, without its end, as it came: hostile until escaped. */
export interface OutputLine {
  readonly type: "output";
  readonly host: string;
  readonly stream: "stdout" | "stderr";
  readonly line: string;
}

/** A process was started on this machine to reach a host. */
export interface ProcessStarted {
  readonly type: "process_started";
  readonly host: string;
  readonly argv: readonly string[];
}

/** A script was sent to a host. Payloads and secrets are no part of it. */
export interface ScriptStarted {
  readonly type: "script_started";
  readonly host: string;
  /** What it is for: "gather facts". */
  readonly what: string;
  readonly script: string;
}

/** A script has ended: one round trip. */
export interface ScriptFinished {
  readonly type: "script_finished";
  readonly host: string;
  readonly what: string;
  readonly code: number;
}

/** Some hosts begin together, the others wait. */
export interface BatchStarted {
  readonly type: "batch_started";
  /** From 1 on. */
  readonly index: number;
  readonly of: number;
  readonly hosts: readonly string[];
}

/** All hosts of a batch are over. */
export interface BatchFinished {
  readonly type: "batch_finished";
  readonly index: number;
  readonly of: number;
  /** Hosts of it that failed or could not be reached. */
  readonly failed: number;
}

/** A part of the work that is no host's begins: "Build the release". */
export interface Step {
  readonly type: "step";
  readonly text: string;
}

/** Something that helps to follow, of a host or of all. */
export interface Note {
  readonly type: "note";
  readonly host?: string;
  readonly text: string;
}

/** Something that is or will become a problem, of a host or of all. */
export interface Warning {
  readonly type: "warning";
  readonly host?: string;
  readonly text: string;
}

/** The last event of a run. */
export interface RunFinished {
  readonly type: "run_finished";
  readonly exitCode: number;
  /** Why it stopped, when not because all was done; for the audit, as the command tells the user. */
  readonly error?: string;
  /** The command that continues it, quoted for a shell, when it stopped half-way. */
  readonly continueWith?: string;
}

/**
 * Everything that a run on a fleet reports. Names and texts may come from hosts and files, so
 * whoever shows them escapes them.
 */
export type FleetEvent =
  | RunStarted
  | HostState
  | HostFinished
  | UploadProgress
  | Change
  | OutputLine
  | ProcessStarted
  | ScriptStarted
  | ScriptFinished
  | BatchStarted
  | BatchFinished
  | Step
  | Note
  | Warning
  | RunFinished;

/** When an event was. */
export interface EventStamp {
  /** Milliseconds since the run's clock was started; never goes back. */
  readonly atMs: number;
  /** UTC, ISO 8601 with milliseconds. */
  readonly time: string;
}

/** An event as sinks get it. */
export type StampedEvent = FleetEvent & EventStamp;

/** Takes events and shows, counts or keeps them. It must not wait, and does not influence the run. */
export type EventSink = (event: StampedEvent) => void;
