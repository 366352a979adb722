import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as v from "valibot";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { starts } from "./starts.ts";
import { ask, parse } from "./test_source.ts";

const unit = (name: string, restarts: number, startedUs: number, pid: number): string =>
  `Id=ztna-${name}@a.service\nNRestarts=${restarts}\n` +
  `ExecMainStartTimestampMonotonic=${startedUs}\nMainPID=${pid}\n`;

describe("the starts of programs", () => {
  it("are counted, and dated by the clock that began with the boot", () => {
    const output = [
      `up=1000.25\n${unit("application", 0, 250_000, 7)}`,
      unit("relay", 3, 990_250_000, 8),
      unit("connector", 2, 990_250_000, 0),
    ].join("\n");
    assertEquals(parse(starts, output), {
      application: { restarts: 0, ageSeconds: 1000 },
      relay: { restarts: 3, ageSeconds: 10 },
      connector: { restarts: 2, ageSeconds: null },
    });
  });

  it("are not known where systemd does not tell of all programs", () => {
    assertEquals(parse(starts, `up=1000.25\n${unit("relay", 0, 1, 1)}`), undefined);
    assertEquals(parse(starts, unit("relay", 0, 1, 1)), undefined, "nor without a clock");
  });

  it("come back from what was kept", () => {
    const facts = { relay: { restarts: 1, ageSeconds: null } };
    assertEquals(v.parse(starts.kept, JSON.parse(JSON.stringify(facts))), facts);
  });

  it("are asked for with what systemd knows", { skip: needsLinux }, async () => {
    const host = { ...everyRoleHost, connector: undefined, application: undefined };
    const systemd = new StandInSystemd();
    systemd.properties = {
      Id: "ztna-relay@a.service",
      NRestarts: "4",
      MainPID: "1",
      ExecMainStartTimestampMonotonic: "1",
    };
    const { facts } = await ask(starts, { host, sinceSeconds: undefined }, systemd);
    assertEquals(facts?.relay?.restarts, 4);
    assert((facts?.relay?.ageSeconds ?? 0) > 1);
  });
});
