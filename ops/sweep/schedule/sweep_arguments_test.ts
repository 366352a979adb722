import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseOptions } from "../../../tunnel/options.ts";
import { program } from "../../sweep.ts";
import { placedIn, sweepArguments } from "./sweep_arguments.ts";

const names = ["inventory", "limit", "timeout", "probe", "notifyMail", "prom", "every"];

function argumentsOf(...argv: string[]): string[] {
  const parsed = parseOptions(program, argv);
  if (parsed.kind !== "run") throw new Error(`Cannot parse ${argv}`);
  const placeOf = placedIn("/here", "/there", (path) => path === "/here/a,b");
  return sweepArguments({ declarations: program.options, names, ...parsed }, placeOf);
}

describe("the arguments of scheduled sweeps", () => {
  it("are those that were given, and mean the same", () => {
    const given = [
      ...["--inventory=/here/inventory.yaml", "--inventory=/etc/more", "--inventory=a,b"],
      ...["--inventory=/here/a,b", "--limit=-x", "--timeout=30", "--no-probe"],
      ...["--notify-mail=a@example.com", "--notify-mail=b@example.com", "--prom=/here/x.prom"],
    ];
    assertEquals(argumentsOf("install", "--user=ops", ...given), [
      ...["--inventory=/there/inventory.yaml", "--inventory=/etc/more", "--inventory=a,b"],
      ...["--inventory=/there/a,b", "--limit=-x", "--timeout=30", "--no-probe"],
      ...["--notify-mail=a@example.com", "--notify-mail=b@example.com", "--prom=/there/x.prom"],
    ]);
  });

  it("are none where only defaults are meant", () => {
    assertEquals(argumentsOf("install"), []);
  });

  it("leave paths alone that only begin like the checkout", () => {
    const placeOf = placedIn("/here", "/there", () => true);
    assertEquals(["/hereafter/x", "/here", "/here/../x"].map(placeOf), [
      ...["/hereafter/x", "/there", "/x"],
    ]);
  });
});
