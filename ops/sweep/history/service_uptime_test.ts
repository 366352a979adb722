import { assertAlmostEquals, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { HistoryDatabase } from "./history_database.ts";
import type { Finding, FindingStatus } from "../finding.ts";
import { fleetChecks } from "../fleet_checks/fleet_checks.ts";
import { serviceChecks, serviceStates } from "./service_states.ts";
import {
  knownSpanMs,
  recordServices,
  type ServiceTimes,
  type ServiceUptime,
  serviceUptimes,
  uptimeRatio,
} from "./service_uptime.ts";
import { findingOf } from "./test_sweeps.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = 1_795_000_000_000;

describe("the uptime of services", () => {
  let directory: string;
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-uptime-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));

  const times = (atMs: number): ServiceTimes => ({ atMs, knownMs: 15 * minuteMs, nowMs });

  /** Records sweeps `[minutes ago, up]`, 15 minutes being the longest that is known. */
  function uptimeOf(...sweeps: readonly (readonly [number, boolean])[]): ServiceUptime {
    using database = new HistoryDatabase(`${directory}/${crypto.randomUUID()}.db`);
    for (const [minutes, isUp] of sweeps) {
      const atMs = nowMs - minutes * minuteMs;
      recordServices(database, new Map([["web", isUp]]), times(atMs));
    }
    const uptimes = serviceUptimes(database, nowMs);
    assertEquals(uptimes.map(({ service }) => service), sweeps.length === 0 ? [] : ["web"]);
    return uptimes[0]!;
  }

  it("counts a state until the next sweep", () => {
    const { isUp, windows } = uptimeOf([30, true], [20, true], [15, false], [5, true], [0, true]);
    assertEquals(isUp, true);
    assertEquals(windows.map(({ name, upMs, downMs }) => ({ name, upMs, downMs })), [
      { name: "24h", upMs: 20 * minuteMs, downMs: 10 * minuteMs },
      { name: "7d", upMs: 20 * minuteMs, downMs: 10 * minuteMs },
      { name: "30d", upMs: 20 * minuteMs, downMs: 10 * minuteMs },
    ]);
  });

  it("knows nothing of a time without sweeps", () => {
    const [day] = uptimeOf([120, true], [110, true], [20, true], [10, false], [0, false]).windows;
    assertEquals(day, {
      name: "24h",
      upMs: 20 * minuteMs,
      downMs: 10 * minuteMs,
      unknownMs: 24 * hourMs - 30 * minuteMs,
    });
  });

  it("knows nothing from one sweep", () => {
    const [day] = uptimeOf([10, true]).windows;
    assertEquals(day, { name: "24h", upMs: 0, downMs: 0, unknownMs: 24 * hourMs });
    assertEquals(uptimeRatio(day!), undefined);
  });

  it("cuts what reaches into a window", () => {
    const day = 24 * 60;
    const { windows } = uptimeOf(
      ...[day + 10, day - 5, day - 15].map((minutes) => [minutes, true] as const),
    );
    assertEquals(windows.map(({ upMs }) => upMs / minuteMs), [15, 25, 25]);
  });

  it("ignores a sweep that was overtaken by another one", () => {
    const [day] = uptimeOf([20, true], [10, true], [12, false], [10, false], [5, true]).windows;
    assertEquals([day?.upMs, day?.downMs], [15 * minuteMs, 0]);
  });

  it("is not misled by a clock that was ahead", () => {
    const ahead = [[-600, false], [-590, false]] as const;
    const { isUp, windows: [day] } = uptimeOf([20, true], [10, true], ...ahead, [0, true]);
    assertEquals([isUp, day?.upMs, day?.downMs], [true, 20 * minuteMs, 0]);
  });

  it("forgets a service a day after the others", () => {
    using database = new HistoryDatabase(`${directory}/${crypto.randomUUID()}.db`);
    const services = (): string[] => serviceUptimes(database, nowMs).map(({ service }) => service);
    recordServices(database, new Map([["a", true], ["b", true]]), times(nowMs - 30 * hourMs));
    recordServices(database, new Map([["a", true]]), times(nowMs - 10 * hourMs));
    assertEquals(services(), ["a", "b"]);
    recordServices(database, new Map([["a", true]]), times(nowMs));
    assertEquals(services(), ["a"]);
  });

  it("never counts more than there is time, and loses nothing", () => {
    const sweep = fc.tuple(fc.integer({ min: 0, max: 2 * 24 * 60 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(sweep, { minLength: 1, maxLength: 30 }), (sweeps) => {
        for (const { upMs, downMs, unknownMs, name } of uptimeOf(...sweeps).windows) {
          const hours = { "24h": 24, "7d": 168, "30d": 720 }[name]!;
          assertAlmostEquals(upMs + downMs + unknownMs, hours * hourMs);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("takes three missing sweeps for a gap, within bounds", () => {
    const every = (minutes: number): number[] => [0, 1, 2, 3].map((i) => i * minutes * minuteMs);
    assertEquals(
      [[], every(1), every(5), every(20), every(240)].map((starts) =>
        knownSpanMs(starts) / minuteMs
      ),
      [15, 15, 15, 60, 120],
    );
    assertEquals(knownSpanMs([...every(20), 500 * minuteMs]) / minuteMs, 60);
  });
});

describe("the state of services", () => {
  const about = (check: string, status: FindingStatus, service = "web", host = "relay1"): Finding =>
    findingOf(host, check, status, { subject: `service ${service}` });
  const [probe, registered] = serviceChecks;
  const cases: [what: string, findings: Finding[], states: [string, boolean][]][] = [
    ["is what a probe says", [about(probe, "ok"), about(registered, "critical")], [["web", true]]],
    ["is down by a probe", [about(probe, "critical"), about(registered, "ok")], [["web", false]]],
    ["is up with some loss", [about(probe, "warning")], [["web", true]]],
    ["is up while it is slow", [about("tunnel-round-trip", "critical"), about(probe, "ok")], [[
      "web",
      true,
    ]]],
    ["is up while it is registered", [about(registered, "ok")], [["web", true]]],
    ["is down while it is not", [about(registered, "critical")], [["web", false]]],
    ["is down by one of two relays", [
      about(probe, "ok"),
      about(probe, "critical", "web", "relay2"),
    ], [["web", false]]],
    ["is told for each", [about(probe, "ok", "a"), about(probe, "critical", "b")], [
      ["a", true],
      ["b", false],
    ]],
    ["is unknown otherwise", [
      findingOf("relay1", "disk", "critical", { subject: "/var" }),
      about("tunnel-round-trip", "ok"),
    ], []],
  ];
  for (const [what, findings, states] of cases) {
    it(what, () => assertEquals([...serviceStates(findings)], states));
  }

  it("goes by checks that there are", () => {
    const ids = fleetChecks.map(({ id }) => id);
    assertEquals(serviceChecks.filter((id) => !ids.includes(id)), []);
  });
});
