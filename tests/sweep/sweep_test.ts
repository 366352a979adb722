import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { sweepChecks } from "../../ops/sweep/fleet_checks/fleet_checks.ts";
import { assertHarmless } from "../fleet/hostile_output.ts";
import { labSkipReason } from "../fleet/fleet_lab.ts";
import { waitForAnswer } from "../support/wait.ts";
import { assertMends, type Fault, showFault, takeStep } from "./fault.ts";
import { deploymentFaults } from "./faults/deployment_faults.ts";
import { machineFaults } from "./faults/machine_faults.ts";
import { shadow } from "./faults/pretences.ts";
import { programFaults } from "./faults/program_faults.ts";
import { wayFaults } from "./faults/way_faults.ts";
import {
  dependent,
  hostileAnswers,
  hostileHost,
  hostTimeoutSeconds,
  traceFile,
} from "./hostile_answers.ts";
import { SweepLab } from "./sweep_lab.ts";

const skip = labSkipReason() ?? false;

const faults: readonly Fault[] = [
  ...machineFaults,
  ...programFaults,
  ...deploymentFaults,
  ...wayFaults,
];

/** Checks that have no fault: what they tell of can't be brought about from outside, or is below. */
const withoutFault: Readonly<Record<string, string>> = {
  answer: "hostile answers are below",
  internal: "it tells of faults of ours",
  "served-metrics-certificate": "this machine has no way to TCP ports of the lab's hosts",
};

/** How long a sweep may take in which one host keeps silent, in ms: ours, and a busy machine's. */
const slackMs = 10_000;

describe("the faults of the lab", () => {
  it("are there for every check", () => {
    const shown = [...faults.map(({ finding }) => finding.check), ...Object.keys(withoutFault)];
    const checks = sweepChecks().map(({ id }) => id);
    assertEquals(checks.filter((id) => !shown.includes(id)), []);
    assertEquals(shown.filter((id) => !checks.includes(id)), []);
  });
});

describe("a sweep", { skip }, () => {
  let lab: SweepLab;

  before(async () => {
    lab = await SweepLab.open();
    const { end, complaints } = await lab.sweep();
    assertEquals(complaints, []);
    assertEquals(end.code, 0);
  });

  after(async () => await lab?.[Symbol.asyncDispose]());

  for (const fault of faults) {
    it(`tells of ${fault.title}, what to do, and nothing else`, async () => {
      await showFault(lab, fault);
    });
  }

  it("does not wait for a host that has frozen longer than that may take", async () => {
    await lab.fleet.host(hostileHost).freeze();
    try {
      const startMs = performance.now();
      const args = ["--no-probe", "--host-timeout", String(hostTimeoutSeconds)];
      const { end } = await lab.sweep({ args });
      const seconds = (performance.now() - startMs) / 1000;
      assert(seconds < hostTimeoutSeconds + slackMs / 1000, `${seconds} s`);
      const finishedMs = (host: string): number =>
        Date.parse(
          end.events.find((event) => event.type === "host_finished" && event.host === host)!.time,
        );
      const aheadMs = finishedMs(hostileHost) - finishedMs("relay1");
      assert(
        aheadMs > 1000,
        `relay1 has answered ${aheadMs} ms before the frozen one was given up`,
      );
    } finally {
      await lab.fleet.host(hostileHost).thaw();
    }
    await assertMends(lab, "a frozen host");
  });

  it("tells of a host that is cut off in the middle of its answer", async () => {
    const slow = shadow(hostileHost, "df", "touch /run/asked; exec sleep 60");
    await takeStep(lab, hostileHost, slow.breaks);
    const host = lab.fleet.host(hostileHost);
    try {
      const args = ["--no-probe", "--host-timeout", String(hostTimeoutSeconds)];
      const sweep = lab.sweep({ args });
      await waitForAnswer(
        async () => (await host.exec("test -e /run/asked")).code === 0,
        "the sweep to ask",
      );
      await host.cut();
      const { complaints } = await sweep;
      const [found, ...others] = complaints.filter(({ check }) => !dependent.includes(check));
      assertEquals([found?.host, found?.check, others], [hostileHost, "reachable", []]);
      assertMatch(found!.remedy, /check that it is up/);
    } finally {
      await host.mend();
      await lab.sh(hostileHost, "rm -f /usr/local/sbin/df /run/asked");
    }
    await assertMends(lab, "a host that was cut off");
  });

  for (const { title, breaks, mends, checks } of hostileAnswers) {
    it(`tells of a host that ${title}, of no other, and comes to its end`, async () => {
      await takeStep(lab, hostileHost, breaks);
      const args = ["--no-probe", "--host-timeout", String(hostTimeoutSeconds)];
      try {
        const startMs = performance.now();
        const { end, complaints } = await lab.sweep({ args });
        const ms = performance.now() - startMs;
        assert(ms < hostTimeoutSeconds * 1000 + slackMs, `${ms} ms`);
        assertHarmless(end);
        assert(complaints.some(({ host }) => host === hostileHost), "nothing is said of it");
        const others = complaints.filter(({ host, check }) =>
          host === hostileHost ? !checks.includes(check) : !dependent.includes(check)
        );
        assertEquals(others, []);
        assertHarmless(await lab.fleet.run("sweep", [...args, "-vv"]));
        assertEquals(await lab.sh(hostileHost, `[ ! -e ${traceFile} ] || echo there`), "");
        assertThrows(() => Deno.statSync(traceFile), Deno.errors.NotFound);
      } finally {
        await takeStep(lab, hostileHost, mends);
      }
      await assertMends(lab, `a host that ${title}`);
    });
  }
});
