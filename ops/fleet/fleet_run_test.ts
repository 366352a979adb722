import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Connection } from "../engine/connection/connection.ts";
import { HostError, UnreachableError } from "../engine/errors.ts";
import type { FleetEvent } from "../engine/run/event.ts";
import type { FleetHost } from "./fleet.ts";
import { FleetRun } from "./fleet_run.ts";

/** A run on hosts that are reached without a network, and what it has told. */
function runOn(
  names: readonly string[],
  options: { readonly unreachable?: string; readonly signal?: AbortSignal } = {},
): { run: FleetRun; events: FleetEvent[]; closed: string[] } {
  const events: FleetEvent[] = [];
  const closed: string[] = [];
  const run = new FleetRun({
    hosts: names.map((name) => ({ name }) as FleetHost),
    forks: 2,
    emit: (event) => void events.push(event),
    signal: options.signal ?? new AbortController().signal,
    connect: ({ name }) =>
      name === options.unreachable
        ? Promise.reject(new UnreachableError(name, "network", "no route"))
        : Promise.resolve({
          host: name,
          [Symbol.asyncDispose]: () => Promise.resolve(void closed.push(name)),
        } as unknown as Connection),
  });
  return { run, events, closed };
}

const none = { unit: "hosts", value: 0 } as const;
const nothing = (): Promise<void> => Promise.resolve();
const broken = (name: string) => (host: { name: string }): Promise<void> =>
  host.name === name ? Promise.reject(new HostError(name, "broken")) : Promise.resolve();

describe("FleetRun", () => {
  it("goes on with the others when a host can't be reached, and tells so", async () => {
    const { run, events } = runOn(["a", "b"], { unreachable: "a" });
    await run.connectAll(nothing);
    assertEquals(run.remaining.map(({ name }) => name), ["b"]);
    assertEquals(run.exitCode, 4);
    const [finished] = events.filter(({ type }) => type === "host_finished");
    assertEquals(finished, {
      type: "host_finished",
      host: "a",
      outcome: "unreachable",
      changed: 0,
      releaseBefore: null,
      releaseAfter: null,
      error: "no route",
    });
  });

  it("ends the attempt to connect to a host that takes longer than its time", async () => {
    const hang = (_: unknown, signal: AbortSignal): Promise<Connection> =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    await using run = new FleetRun({
      ...{ hosts: [{ name: "a" } as FleetHost], forks: 1, emit: () => {} },
      ...{ connect: hang, signal: new AbortController().signal },
    });
    await run.connectAll(nothing, ({ name }) => {
      const limit = new AbortController();
      queueMicrotask(() => limit.abort(new UnreachableError(name, "network", "too slow")));
      return limit.signal;
    });
    assertEquals(run.hosts.map(({ outcome, error }) => [outcome, error]), [[
      "unreachable",
      "too slow",
    ]]);
  });

  it("stops after the batch in which too many fail, and leaves the rest alone", async () => {
    const { run, events } = runOn(["a", "b", "c"]);
    await run.connectAll(nothing);
    const begun: string[] = [];
    const batches = run.hosts.map((host) => [host]);
    const { stopped } = await run.rolling(batches, none, async (host) => {
      begun.push(host.name);
      await broken("b")(host);
    });
    assertEquals([stopped, begun], [true, ["a", "b"]]);
    run.skipRemaining("a host failed before");
    assertEquals(run.hosts.map(({ outcome }) => outcome), ["skipped", "failed", "skipped"]);
    assertEquals(run.exitCode, 1);
    assertEquals(events.filter(({ type }) => type === "batch_finished").length, 2);
  });

  it("goes on while no more fail than may", async () => {
    const { run } = runOn(["a", "b"]);
    await run.connectAll(nothing);
    const limit = { unit: "percent", value: 100 } as const;
    const batches = run.hosts.map((host) => [host]);
    assertEquals(await run.rolling(batches, limit, broken("a")), { stopped: false });
  });

  it("ends with the reason of an interruption, and calls no host failed", async () => {
    const controller = new AbortController();
    const { run } = runOn(["a", "b"], { signal: controller.signal });
    const work = (): Promise<void> => {
      controller.abort(new RangeError("enough"));
      return Promise.reject(new HostError("a", "cut off"));
    };
    await assertRejects(() => run.connectAll(work), RangeError, "enough");
    assertEquals(run.failed, []);
  });

  it("lets faults of ours through", async () => {
    const { run } = runOn(["a"]);
    const work = (): Promise<void> => Promise.reject(new TypeError("a fault"));
    await assertRejects(() => run.connectAll(work), TypeError, "a fault");
  });

  it("ends its connections", async () => {
    const { run, closed } = runOn(["a", "b"], { unreachable: "b" });
    {
      await using _run = run;
      await run.connectAll(nothing);
    }
    assertEquals(closed, ["a"]);
  });
});
