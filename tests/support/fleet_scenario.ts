import type { FleetEvent, HostPhase, StampedEvent } from "../../ops/engine/run/event.ts";
import { EventBus } from "../../ops/engine/run/event_bus.ts";
import { FakeClock } from "../../tunnel/fake_clock.ts";

/** A run that tests tell, with a clock of its own. */
export class FleetScenario {
  readonly clock = new FakeClock(1_000_000);
  readonly bus = new EventBus({ clock: this.clock, startedAt: new Date("2026-03-01T10:00:00Z") });
  /** All events so far. */
  readonly events: StampedEvent[] = [];
  readonly hosts: readonly string[];

  /** @param hosts Names; those that begin with `relay` are relays, the others connectors. */
  constructor(...hosts: readonly string[]) {
    this.hosts = hosts;
    this.bus.subscribe("the scenario", (event) => this.events.push(event));
  }

  /** Tells events, at the same time. */
  emit(...events: readonly FleetEvent[]): this {
    for (const event of events) this.bus.emit(event);
    return this;
  }

  /** Begins the run. */
  start(options: { readonly check?: boolean } = {}): this {
    return this.emit({
      type: "run_started",
      command: "deploy",
      arguments: ["-i", "lab.yaml"],
      fleet: "lab",
      release: "0.2.0-3f2a9b1c77aa",
      check: options.check ?? false,
      hosts: this.hosts.map((host) => ({
        host,
        role: host.startsWith("relay") ? "relay" : "connector",
      })),
    });
  }

  /** Lets hosts begin a phase. */
  phase(phase: HostPhase, hosts: readonly string[] = this.hosts, detail?: string): this {
    return this.emit(...hosts.map((host): FleetEvent => ({
      ...{ type: "host_state", host, phase },
      ...(detail !== undefined && { detail }),
    })));
  }

  /** Ends it for hosts. */
  done(hosts: readonly string[] = this.hosts, changed = 4): this {
    return this.emit(...hosts.map((host): FleetEvent => ({
      ...{ type: "host_finished", host, outcome: "done", changed },
      ...{ releaseBefore: "0.1.0-aaaaaaaaaaaa", releaseAfter: "0.2.0-3f2a9b1c77aa" },
    })));
  }

  /** Ends it for a host that has gone wrong. */
  broken(host: string, error: string, outcome: "failed" | "unreachable" | "rolled_back"): this {
    return this.emit({
      ...{ type: "host_finished", host, outcome, changed: 0, error },
      ...{ releaseBefore: "0.1.0-aaaaaaaaaaaa", releaseAfter: "0.1.0-aaaaaaaaaaaa" },
    });
  }

  /** Lets time pass. */
  wait(ms: number): this {
    this.clock.advance(ms);
    return this;
  }
}

/** `prefix1`, `prefix2`, and so on. */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}
