import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { StandInSystemd } from "../../tests/support/stand_in_systemd.ts";
import { checkout } from "../checkout.ts";
import { gatherScript } from "../engine/resource/gather_script.ts";
import { parseFacts } from "../engine/resource/parse_facts.ts";
import type { Play } from "../engine/resource/resource.ts";
import { needsLinux } from "../engine/resource/test_shell.ts";
import { everyRoleFleet, everyRoleHost } from "../fleet/test_fleet_host.ts";
import { readUnits } from "../fleet/units.ts";
import { type Drift, driftOf, sweepPlay } from "./drift.ts";

const inputs = {
  ...{ fleet: everyRoleFleet, host: { ...everyRoleHost, openFirewall: false } },
  ...{ credentials: undefined, units: readUnits(checkout) },
};

/** Compares this machine with a play. */
async function compare(play: Play, pendingDirectory: string): Promise<Drift> {
  using systemd = new StandInSystemd();
  systemd.properties = { UnitFileState: "enabled", NeedDaemonReload: "no" };
  const gathering = { nonce: "0123", pendingDirectory };
  const { stdout } = await systemd.run(gatherScript(play, gathering));
  return driftOf(play, parseFacts(play, "h", stdout, gathering));
}

describe("the play of a sweep", () => {
  it("is that of a deploy without releases and kernel settings, and TLS where it is not known", () => {
    const { resources, handlers } = sweepPlay(inputs);
    const kinds = new Set(resources.map(({ kind }) => kind));
    assertEquals(
      [...kinds].toSorted(),
      ["directory", "file", "absent", "service", "user"].toSorted(),
    );
    assertEquals(resources.some(({ tags = [] }) => tags.includes("tls")), false);
    assert(handlers.some(({ id }) => id === "restart:relay"));
  });
});

describe("what has drifted", { skip: needsLinux }, () => {
  it("is told by path, with what a deploy would do about it", async () => {
    const directory = Deno.makeTempDirSync({ prefix: "drift" });
    try {
      const file = (name: string, contents: string): Play["resources"][number] => ({
        kind: "file",
        id: `file:${name}`,
        path: `${directory}/${name}`,
        contents,
        ...{ mode: 0o600, owner: "root", group: "root" },
        notify: ["restart:relay"],
      });
      for (const name of ["same", "edited"]) {
        Deno.writeTextFileSync(`${directory}/${name}`, "text", { mode: 0o600 });
      }
      Deno.mkdirSync(`${directory}/directory`);
      Deno.mkdirSync(`${directory}/pending`);
      Deno.writeTextFileSync(`${directory}/pending/restart:relay`, "");
      const play: Play = {
        resources: [
          file("same", "text"),
          file("edited", "other"),
          file("missing", "text"),
          file("directory", "text"),
        ],
        handlers: [{ id: "restart:relay", summary: "restart the relay", script: "" }],
      };
      const { parts, pendingHandlers } = await compare(play, `${directory}/pending`);
      const names = parts.map(({ subject, properties }) =>
        `${subject.slice(directory.length + 1)}: ${properties.join(" ")}`
      );
      assertEquals(names.slice(0, 1), ["edited: contents"]);
      assertEquals(names.length, 3);
      assertEquals(names.at(-1), "directory: ", "what keeps a deploy from it comes last");
      assertEquals(pendingHandlers, ["restart the relay"]);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
});
