import type {
  BatchStarted,
  Change,
  HostFinished,
  HostPhase,
  HostState,
  RunFinished,
  RunStarted,
  StampedEvent,
  UploadProgress,
} from "../engine/run/event.ts";

/** How far an upload is. */
export interface UploadState {
  readonly bytes: number;
  readonly of: number;
  /** Since it began, on the average; 0 while nothing has been measured. */
  readonly bytesPerSecond: number;
}

/** How far a host is. */
export interface HostProgress {
  readonly host: string;
  readonly role: string;
  /** `undefined` before it has begun. */
  readonly phase: HostPhase | undefined;
  readonly detail: string | undefined;
  /** When the phase began, in the run's time. */
  readonly phaseSinceMs: number;
  /** What each phase took that is over, in ms. */
  readonly spentMs: ReadonlyMap<HostPhase, number>;
  readonly upload: UploadState | undefined;
  /** What would change, or changes; bounded by {@linkcode maxChanges}. */
  readonly planned: readonly Change[];
  /** How it ended; `undefined` until then. */
  readonly result: HostFinished | undefined;
}

/** A batch that has begun. */
export interface BatchProgress {
  readonly index: number;
  readonly of: number;
  readonly hosts: readonly string[];
  readonly sinceMs: number;
}

/** Most changes of one host that are kept; more than a play has resources. */
export const maxChanges = 2000;
/** Most text of all diffs that is kept, in UTF-16 units; beyond it they are left out. */
const maxDiffLength = 16_777_216;

interface MutableHost extends Omit<HostProgress, "spentMs" | "planned"> {
  phase: HostPhase | undefined;
  detail: string | undefined;
  phaseSinceMs: number;
  readonly spentMs: Map<HostPhase, number>;
  upload: UploadState | undefined;
  uploadStart: { readonly atMs: number; readonly bytes: number } | undefined;
  readonly planned: Change[];
  result: HostFinished | undefined;
}

/** What is known of a run by its events so far. */
export class FleetProgress {
  readonly #hosts = new Map<string, MutableHost>();
  /** Equal diffs of many hosts are one text. */
  readonly #diffs = new Map<string, string>();
  #diffLength = 0;
  #run: RunStarted | undefined;
  #batch: BatchProgress | undefined;
  #end: RunFinished | undefined;
  #lastMs = 0;

  /** How the run began; `undefined` before that. */
  get run(): RunStarted | undefined {
    return this.#run;
  }

  /** Hosts by name, in inventory order. */
  get hosts(): ReadonlyMap<string, HostProgress> {
    return this.#hosts;
  }

  /** The batch that is at work. */
  get batch(): BatchProgress | undefined {
    return this.#batch;
  }

  /** How the run ended; `undefined` until then. */
  get end(): RunFinished | undefined {
    return this.#end;
  }

  /** When the last event was, in the run's time. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Takes one event into account. */
  apply(event: StampedEvent): void {
    this.#lastMs = event.atMs;
    switch (event.type) {
      case "run_started":
        this.#run = event;
        for (const { host, role } of event.hosts) this.#host(host, role);
        return;
      case "host_state":
        return this.#enter(this.#host(event.host), event, event.atMs);
      case "host_finished": {
        const host = this.#host(event.host);
        this.#leave(host, event.atMs);
        host.result = event;
        return;
      }
      case "upload_progress":
        return this.#upload(this.#host(event.host), event, event.atMs);
      case "change":
        return this.#plan(this.#host(event.host), event);
      case "batch_started":
        this.#batch = batchOf(event, event.atMs);
        return;
      case "batch_finished":
        this.#batch = undefined;
        return;
      case "run_finished":
        this.#end = event;
    }
  }

  #host(name: string, role = ""): MutableHost {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = {
        ...{ host: name, role, phase: undefined, detail: undefined, phaseSinceMs: 0 },
        ...{ spentMs: new Map(), upload: undefined, uploadStart: undefined },
        ...{ planned: [], result: undefined },
      };
      this.#hosts.set(name, host);
    }
    return host;
  }

  #enter(host: MutableHost, { phase, detail }: HostState, atMs: number): void {
    if (host.result !== undefined) return;
    if (host.phase !== phase) {
      this.#leave(host, atMs);
      host.phase = phase;
      host.phaseSinceMs = atMs;
    }
    host.detail = detail;
  }

  #leave(host: MutableHost, atMs: number): void {
    if (host.phase === undefined) return;
    const before = host.spentMs.get(host.phase) ?? 0;
    host.spentMs.set(host.phase, before + atMs - host.phaseSinceMs);
    host.phase = undefined;
    host.detail = undefined;
    host.upload = undefined;
    host.uploadStart = undefined;
  }

  #upload(host: MutableHost, { bytes, of }: UploadProgress, atMs: number): void {
    // What an earlier attempt has brought did not come at this attempt's speed.
    host.uploadStart ??= { atMs, bytes };
    const { atMs: sinceMs, bytes: before } = host.uploadStart;
    const ms = atMs - sinceMs;
    host.upload = { bytes, of, bytesPerSecond: ms > 0 ? (bytes - before) / ms * 1000 : 0 };
  }

  #plan(host: MutableHost, event: Change): void {
    if (event.state !== "planned" || host.planned.length >= maxChanges) return;
    const { diff, ...change } = event;
    const kept = diff === undefined ? undefined : this.#keepDiff(diff);
    host.planned.push(kept === undefined ? change : { ...change, diff: kept });
  }

  #keepDiff(diff: string): string | undefined {
    const known = this.#diffs.get(diff);
    if (known !== undefined) return known;
    if (this.#diffLength + diff.length > maxDiffLength) return undefined;
    this.#diffLength += diff.length;
    this.#diffs.set(diff, diff);
    return diff;
  }
}

/** How long a host was worked on, without waiting for others, in ms. */
export function busyMs(host: HostProgress): number {
  return [...host.spentMs].reduce((sum, [phase, ms]) => phase === "waiting" ? sum : sum + ms, 0);
}

function batchOf({ index, of, hosts }: BatchStarted, sinceMs: number): BatchProgress {
  return { index, of, hosts, sinceMs };
}
