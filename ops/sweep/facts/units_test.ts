import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { shellFunctions } from "../../engine/health/shell_functions.ts";
import { shellQuote } from "../../engine/connection/quote.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { showFunction, unitsScript } from "./units.ts";

async function run(script: string): Promise<string> {
  using systemd = new StandInSystemd();
  systemd.properties = { Id: "ztna-relay@a.service", MainPID: "7" };
  return (await systemd.run(script)).stdout;
}

describe("what systemd says of units", { skip: needsLinux }, () => {
  it("is asked once for all", async () => {
    const script = unitsScript(everyRoleHost);
    assertMatch(script, /'ztna-application@a.service' 'ztna-relay@a.service' 'ztna-connector@a/);
    assertMatch(await run(`${script}printf '%s\\n' "$units"`), /^MainPID=7$/m);
  });

  it("is shown of one unit as systemctl would", async () => {
    const blocks = ["MainPID=1\nId=a@a.service", "Id=b@a.service\nMainPID=2", "Id=c.service"];
    const show = (unit: string): Promise<string> =>
      run(
        `${shellFunctions}${showFunction}units=${shellQuote(blocks.join("\n\n"))}\n` +
          `show ${shellQuote(unit)} || echo none`,
      );
    for (const [index, unit] of ["a@a.service", "b@a.service", "c.service"].entries()) {
      assertEquals(await show(unit), `${blocks[index]}\n`);
    }
    for (const unit of ["b@a", "*", "", "d.service"]) assertEquals(await show(unit), "none\n");
  });
});
