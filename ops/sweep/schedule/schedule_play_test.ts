import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkPlay } from "../../engine/resource/check_play.ts";
import type { Play } from "../../engine/resource/resource.ts";
import { Secret } from "../../engine/secret.ts";
import { installPlay, removePlay } from "./schedule_play.ts";
import { testSchedule } from "./test_schedule.ts";

const secrets = { ZTNA_WEBHOOK_SECRET: new Secret('s3cret "$x" \\ `y`') };

/** Paths and units of a play, with what is to be of them. */
function stateOf({ resources }: Play): string[] {
  return resources.map((resource) => {
    if ("path" in resource) return `${resource.kind} ${resource.path}`;
    return resource.kind === "service"
      ? `${resource.unit}${resource.enabled ? "" : " disabled"}${resource.active ? "" : " stopped"}`
      : resource.kind;
  });
}

describe("the play that installs a schedule", () => {
  it("writes both units and has the timer run, now and after a boot", () => {
    const play = installPlay(testSchedule());
    checkPlay(play);
    assertEquals(stateOf(play), [
      "absent /etc/ztna-sweep/prod.env",
      "file /etc/systemd/system/ztna-sweep-prod.service",
      "file /etc/systemd/system/ztna-sweep-prod.timer",
      "ztna-sweep-prod.timer",
    ]);
    assertEquals(play.handlers.map(({ id }) => id), [
      "reload:systemd",
      "restart:ztna-sweep-prod.timer",
    ]);
  });

  it("keeps a secret in a file of root's alone, as systemd reads it, and shows it nowhere", () => {
    const play = installPlay(testSchedule({ secrets }));
    checkPlay(play);
    const file = play.resources.find(({ id }) => id === "file:/etc/ztna-sweep/prod.env");
    if (file?.kind !== "file" || !(file.contents instanceof Secret)) throw new Error("no secret");
    assertEquals([file.mode, file.owner], [0o600, "root"]);
    assertEquals(
      file.contents.reveal(),
      'ZTNA_WEBHOOK_SECRET="s3cret \\"\\$x\\" \\\\ \\`y\\`"\n',
    );
    assertFalse(JSON.stringify(play).includes("s3cret"));
  });
});

describe("the play that removes a schedule", () => {
  it("stops the timer before it takes away all that was installed", () => {
    const play = removePlay("prod");
    checkPlay(play);
    const [first, ...others] = stateOf(play);
    assertEquals(first, "ztna-sweep-prod.timer disabled stopped");
    const installed = stateOf(installPlay(testSchedule({ secrets })))
      .filter((state) => state.startsWith("file ")).map((state) => state.slice("file ".length));
    assertEquals(
      others.map((state) => state.replace("absent ", "")).sort(),
      installed.sort(),
    );
    assertStringIncludes(play.handlers.map(({ script }) => script).join(), "daemon-reload");
  });
});
