import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import { readSweepSettings } from "../fleet/sweep_settings.ts";
import { everyRoleFleet, everyRoleHost } from "../fleet/test_fleet_host.ts";
import { VariableReader } from "../engine/inventory/variable_reader.ts";
import { loadInventory } from "../engine/inventory/load_inventory.ts";
import type { FleetView } from "./check.ts";
import { isLoud } from "./finding.ts";
import { fleetChecks } from "./fleet_checks/fleet_checks.ts";
import { findingOf } from "./history/test_sweeps.ts";
import { silenceFindings } from "./silence_findings.ts";

/** Hosts `a` and `b` with what an inventory in YAML says of both and of each. */
async function fleetOf(all: string, a = "", b = ""): Promise<Fleet> {
  const indented = (text: string, by: string): string =>
    text.split("\n").filter((line) => line.trim() !== "").map((line) => `${by}${line}\n`).join("");
  const file = Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    Deno.writeTextFileSync(
      file,
      `all:\n  hosts:\n    a:\n      x: 1\n${indented(a, "      ")}` +
        `    b:\n      x: 1\n${indented(b, "      ")}  vars:\n    y: 1\n${indented(all, "    ")}`,
    );
    const inventory = await loadInventory([file], { signal: new AbortController().signal });
    const hosts = [...inventory.hosts.values()].map((host): FleetHost => {
      const reader = new VariableReader(host);
      const sweep = readSweepSettings(reader);
      reader.throwIfAny();
      return { ...everyRoleHost, name: host.name, sweep };
    });
    return { ...everyRoleFleet, hosts };
  } finally {
    Deno.removeSync(file);
  }
}

const disk = `
ztna_sweep_silences:
  - check: disk-space
    subject: /var*
    until: 2026-12-01
    reason: a larger disk is on its way
`;
const window = `
ztna_sweep_maintenance:
  - {weekly: "sun 03:00-04:00", zone: Europe/Berlin, reason: updates}
  - {from: 2026-11-20, until: 2026-11-20 12:00, reason: moving}
`;

interface Case {
  readonly what: string;
  readonly all?: string;
  readonly a?: string;
  readonly b?: string;
  readonly at: string;
  readonly finding: Parameters<typeof findingOf>;
  /** Why it is silenced, and until when; missing when it is loud. */
  readonly silenced?: [by: string, until: string];
}

const cases: readonly Case[] = [
  {
    ...{ what: "a silence of its host", a: disk, at: "2026-12-01T23:59:59Z" },
    finding: ["a", "disk-space", "critical", { subject: "/var/log" }],
    silenced: ["silence", "2026-12-02T00:00:00.000Z"],
  },
  {
    ...{ what: "a silence that is over", a: disk, at: "2026-12-02T00:00:00Z" },
    finding: ["a", "disk-space", "critical", { subject: "/var" }],
  },
  {
    ...{ what: "a silence of another host", b: disk, at: "2026-11-26T00:00:00Z" },
    finding: ["a", "disk-space", "critical", { subject: "/var" }],
  },
  {
    ...{ what: "a silence of another subject", a: disk, at: "2026-11-26T00:00:00Z" },
    finding: ["a", "disk-space", "critical", { subject: "/" }],
  },
  {
    ...{ what: "a silence of another check", a: disk, at: "2026-11-26T00:00:00Z" },
    finding: ["a", "inodes", "critical", { subject: "/var" }],
  },
  {
    ...{ what: "a weekly window that is open", all: window, at: "2026-11-29T02:30:00Z" },
    finding: ["b", "unit", "critical", {}],
    silenced: ["maintenance", "2026-11-29T03:00:00.000Z"],
  },
  {
    ...{ what: "a weekly window that is closed", all: window, at: "2026-11-29T03:00:00Z" },
    finding: ["b", "unit", "critical", {}],
  },
  {
    ...{ what: "a window that comes once", all: window, at: "2026-11-20T00:00:00Z" },
    finding: ["b", "unit", "warning", {}],
    silenced: ["maintenance", "2026-11-20T12:00:00.000Z"],
  },
  {
    ...{ what: "a window that is open for the whole fleet", all: window },
    ...{ at: "2026-11-29T02:30:00Z", finding: [null, "services", "critical", {}] },
    silenced: ["maintenance", "2026-11-29T03:00:00.000Z"],
  },
  {
    ...{ what: "a window that is open for one host", a: window, at: "2026-11-29T02:30:00Z" },
    finding: [null, "services", "critical", {}],
  },
  {
    ...{ what: "a window, all being well", all: window, at: "2026-11-29T02:30:00Z" },
    finding: ["a", "unit", "ok", {}],
  },
];

const viewOf = (fleet: Fleet, at: string): FleetView => ({
  fleet,
  hosts: new Map(),
  tunnels: undefined,
  hasCredentials: false,
  nowMs: Date.parse(at),
});

describe("silenceFindings", () => {
  for (const { what, all = "", a, b, at, finding, silenced } of cases) {
    it(`leaves a problem ${silenced ? "quiet" : "as it is"} for ${what}`, async () => {
      const fleet = await fleetOf(all, a, b);
      const [found] = silenceFindings([findingOf(...finding)], fleet, Date.parse(at));
      const { by, untilMs } = found?.silenced ?? {};
      assertEquals(
        silenced === undefined ? [by, untilMs] : [by, new Date(untilMs!).toISOString()],
        silenced ?? [undefined, undefined],
      );
      assertEquals(isLoud(found!), silenced === undefined && finding[2] !== "ok");
    });
  }
});

describe("the settings of silences", () => {
  const mistakes: [what: string, variables: string, says: string][] = [
    ["no end", "ztna_sweep_silences: [{check: unit, reason: r}]", "[0].until"],
    ["no reason", "ztna_sweep_silences: [{check: unit, until: 2026-12-01}]", "[0].reason"],
    ["an odd end", "ztna_sweep_silences: [{check: unit, until: soon, reason: r}]", "a day or a"],
    ["a misspelt key", "ztna_sweep_silences: [{chek: unit}]", "chek"],
    ["no list", "ztna_sweep_silences: {check: unit}", "it must be a list"],
    ["an odd check", "ztna_sweep_silences: [{check: Unit X}]", "the ID of a check"],
    ["no such zone", "ztna_sweep_maintenance: [{zone: Mars/Olympus, reason: r}]", "time zone"],
    ["no times", "ztna_sweep_maintenance: [{reason: r}]", '"from" and "until", or "weekly"'],
    [
      "an odd week",
      "ztna_sweep_maintenance: [{weekly: sunday, reason: r}]",
      "weekly: it must be days and times",
    ],
    [
      "two kinds of times",
      'ztna_sweep_maintenance: [{weekly: "sun 03:00-04:00", from: 2026-12-01, reason: r}]',
      "not both",
    ],
    [
      "an end before its beginning",
      "ztna_sweep_maintenance: [{from: 2026-12-02, until: 2026-12-01, reason: r}]",
      '"until" must be after "from"',
    ],
  ];
  for (const [what, variables, says] of mistakes) {
    it(`refuse ${what}`, async () => {
      const error = await fleetOf(variables).then(() => "", String);
      assertStringIncludes(error, says);
    });
  }
});

describe("the check of silences", () => {
  const check = fleetChecks.find(({ id }) => id === "silences")!;

  it("warns of one that has expired, once for the fleet that has it", async () => {
    const [verdict, ...others] = check.evaluate(
      viewOf(await fleetOf(disk), "2026-12-02T00:00:00Z"),
    );
    assertEquals(others, []);
    assertEquals([verdict?.host, verdict?.subject], [null, "disk-space /var*"]);
    assertStringIncludes(verdict!.value, "it has expired at 2026-12-02 00:00 UTC");
  });

  it("warns of one of a single host there", async () => {
    const fleet = await fleetOf("", "", disk);
    assertEquals(
      check.evaluate(viewOf(fleet, "2027-01-01T00:00:00Z")).map(({ host }) => host),
      ["b"],
    );
  });

  it("warns of a check that there isn't, with the nearest that there is", async () => {
    const fleet = await fleetOf(disk.replace("disk-space", "disk-spac"));
    const [verdict] = check.evaluate(viewOf(fleet, "2026-11-26T00:00:00Z"));
    assertStringIncludes(verdict!.value, 'the nearest valid check is "disk-space"');
  });

  it("has nothing to say of those that last", async () => {
    assertEquals(check.evaluate(viewOf(await fleetOf(disk), "2026-11-26T00:00:00Z")), []);
  });
});
