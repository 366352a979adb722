import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import * as v from "valibot";
import type { ReportedSweep } from "./reported_sweep.ts";
import { sweepJson } from "./sweep_json.ts";
import { hostileSweep } from "./test_hostile_sweep.ts";
import { startedMs, troubledSweep } from "./test_sweep.ts";

const status = v.picklist(["ok", "warning", "critical"]);
const kind = v.picklist(["new", "worse", "better", "solved", "gone"]);
const time = v.pipe(v.string(), v.regex(/^\+?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));

/** Schema 1 as `docs/sweep.md` has it. A change to it is a new schema. */
const schema = v.strictObject({
  schema: v.literal(1),
  status,
  fleet: v.string(),
  startedAt: time,
  durationSeconds: v.number(),
  hosts: v.array(v.string()),
  checks: v.array(v.strictObject({
    host: v.nullable(v.string()),
    check: v.string(),
    subject: v.string(),
    status,
    value: v.string(),
    remedy: v.string(),
    measure: v.nullable(v.strictObject({
      value: v.number(),
      unit: v.picklist(["seconds", "bytes", "ratio", "count"]),
    })),
    since: v.nullable(time),
    change: v.nullable(kind),
    silenced: v.nullable(v.strictObject({
      by: v.picklist(["silence", "maintenance"]),
      reason: v.string(),
      until: time,
    })),
  })),
  changes: v.nullable(v.strictObject({
    since: v.nullable(time),
    findings: v.array(v.strictObject({
      kind,
      host: v.nullable(v.string()),
      check: v.string(),
      subject: v.string(),
      from: v.nullable(v.picklist([...status.options, "gone"])),
      to: v.picklist([...status.options, "gone"]),
      value: v.string(),
    })),
    flapping: v.array(v.strictObject({
      host: v.nullable(v.string()),
      check: v.string(),
      subject: v.string(),
      changes: v.number(),
    })),
  })),
  uptime: v.array(v.strictObject({
    service: v.string(),
    up: v.boolean(),
    windows: v.record(
      v.string(),
      v.strictObject({
        ratio: v.nullable(v.number()),
        upSeconds: v.number(),
        downSeconds: v.number(),
        unknownSeconds: v.number(),
      }),
    ),
  })),
  fixes: v.optional(v.array(v.strictObject({
    host: v.nullable(v.string()),
    check: v.string(),
    subject: v.string(),
    result: v.picklist(["mended", "still_wrong", "would_be_mended", "left_alone"]),
    changes: v.array(v.object({ resource: v.string(), summary: v.string() })),
    why: v.nullable(v.string()),
  }))),
});

function read(reported: ReportedSweep): v.InferOutput<typeof schema> {
  return v.parse(schema, JSON.parse(JSON.stringify(sweepJson(reported))));
}

describe("a sweep as JSON", () => {
  it("has the fleet, its state and every finding with what the history says of it", () => {
    const { checks, ...sweep } = read(troubledSweep());
    assertEquals([sweep.fleet, sweep.status, sweep.durationSeconds], ["lab", "critical", 2.14]);
    assertEquals(sweep.startedAt, new Date(startedMs).toISOString());
    assertEquals(sweep.hosts.length, 22);
    assertEquals(checks.find(({ check }) => check === "disk-space"), {
      ...{ host: "relay03", check: "disk-space", subject: "/var", status: "warning" },
      value: "93 % of 20 GiB in use, 1.4 GiB free",
      remedy: "Shorten the journal: deno task exec -i hosts.yaml relay03 -- " +
        "journalctl --vacuum-size=200M",
      measure: { value: 0.93, unit: "ratio" },
      ...{ since: new Date(startedMs).toISOString(), change: "worse", silenced: null },
    });
    const silenced = checks.find(({ check }) => check === "pending-reboot");
    assertEquals(silenced?.silenced?.reason, "next Tuesday's window");
    assertEquals(sweep.changes?.findings.map((change) => change.kind), [
      ...["new", "worse", "new", "solved"] as const,
    ]);
    assertEquals(sweep.uptime.map(({ service, up }) => [service, up]), [
      ["web", false],
      ["database", true],
    ]);
  });

  it("says null where the history can't tell", () => {
    const { changes, checks } = read({ ...troubledSweep(), changes: undefined });
    assertEquals(changes, null);
    assertEquals(checks.every(({ since, change }) => since === null && change === null), true);
  });

  it("keeps to its schema whatever hosts say", () => {
    fc.assert(fc.property(hostileSweep, (reported) => {
      const { checks } = read(reported);
      assertEquals(
        checks.map(({ value }) => value),
        reported.result.findings.map(({ value }) => value),
      );
    }));
  });
});
