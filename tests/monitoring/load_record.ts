import type { LoadCounts, TunnelLoad } from "./tunnel_load.ts";

/** What a load has sent and got in some time. */
export interface RecordedLoad extends Readonly<LoadCounts> {
  /** How long that was. */
  readonly seconds: number;
  /** When it ended, in seconds since 1970. */
  readonly endTime: number;
}

/** What a load sends and gets from a moment to another: the truth that metrics are held against. */
export class LoadRecord {
  readonly #load: TunnelLoad;
  readonly #startTime = now();
  readonly #first: ReadonlyMap<string, LoadCounts>;
  #endTime: number | undefined;
  #last: ReadonlyMap<string, LoadCounts> = new Map();

  private constructor(load: TunnelLoad) {
    this.#load = load;
    this.#first = snapshot(load);
  }

  /** Begins to count. */
  static start(load: TunnelLoad): LoadRecord {
    return new LoadRecord(load);
  }

  /** Ends. */
  stop(): void {
    this.#endTime = now();
    this.#last = snapshot(this.#load);
  }

  /** The services that the load talks to. */
  get services(): readonly string[] {
    return [...this.#last.keys()];
  }

  /** What was sent for a service, and what came back. */
  of(service: string): RecordedLoad {
    const [first, last] = [this.#first.get(service)!, this.#last.get(service)!];
    const endTime = this.#endTime!;
    return {
      // Prometheus takes whole seconds.
      seconds: Math.round(endTime - this.#startTime),
      endTime,
      sent: last.sent - first.sent,
      received: last.received - first.received,
    };
  }

  /** The same for all services together. */
  total(): RecordedLoad {
    const all = this.services.map((service) => this.of(service));
    const sum = (count: "sent" | "received"): number =>
      all.reduce((total, each) => total + each[count], 0);
    return { ...all[0]!, sent: sum("sent"), received: sum("received") };
  }
}

function now(): number {
  return Date.now() / 1000;
}

function snapshot({ counts }: TunnelLoad): Map<string, LoadCounts> {
  return new Map([...counts].map(([service, each]) => [service, { ...each }]));
}
