import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import type { CommandResult } from "../engine/connection/connection.ts";
import { isCurrentScript, switchScript } from "./activation.ts";
import type { Release } from "./release.ts";
import { makeTestRelease, TestHost } from "./test_host.ts";
import { uploadRelease } from "./upload.ts";

describe("switchScript", { skip: Deno.build.os !== "linux" }, () => {
  let laptop: string;
  let host: TestHost;
  let first: Release;
  let second: Release;
  beforeEach(async () => {
    laptop = Deno.makeTempDirSync({ prefix: "ztna-laptop-" });
    host = await TestHost.open();
    first = await makeTestRelease({ directory: laptop, version: "1.0.0" });
    second = await makeTestRelease({ directory: laptop, version: "2.0.0" });
    const options = { root: host.root, signal: new AbortController().signal };
    for (const release of [first, second]) {
      await uploadRelease(host.connection, release, await host.facts(release), options);
    }
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    Deno.removeSync(laptop, { recursive: true });
  });

  const tryTo = (id: string): Promise<CommandResult> =>
    host.connection.run(switchScript(id, host.root), { what: "switch" });
  const isCurrent = async (id: string): Promise<boolean> =>
    (await host.connection.run(isCurrentScript(id, host.root), { what: "ask" })).code === 0;

  it("switches there and back, and remembers it", async () => {
    assertEquals(await isCurrent(first.id), false);
    for (const { id } of [first, second, first]) {
      await host.run(switchScript(id, host.root));
      assertEquals(Deno.readLinkSync(`${host.root}/current`), `releases/${id}`);
      assertEquals(await isCurrent(id), true);
    }
    assertEquals((await host.facts()).activations, [first.id, second.id, first.id]);
    const history = Deno.readTextFileSync(`${host.root}/releases/.history`);
    assertMatch(history, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 1\.0\.0-/);
  });

  it("changes nothing when it runs again", async () => {
    await host.run(switchScript(first.id, host.root));
    const before = host.listing();
    await host.run(switchScript(first.id, host.root));
    assertEquals(host.listing(), before);
    assertEquals((await host.facts()).activations, [first.id]);
  });

  it("goes on where it was interrupted", async () => {
    await host.run(switchScript(first.id, host.root));
    Deno.symlinkSync("releases/other", `${host.root}/.current`);
    await host.run(switchScript(second.id, host.root));
    assertEquals((await host.facts()).current, second.id);
    // After the link, before the list.
    Deno.truncateSync(`${host.root}/releases/.history`, 0);
    await host.run(switchScript(second.id, host.root));
    assertEquals((await host.facts()).activations, [second.id]);
    assertEquals(host.listing().includes(".current"), false);
  });

  const damages: Readonly<Record<string, () => void>> = {
    "is not there": () =>
      Deno.removeSync(`${host.root}/releases/${second.id}`, { recursive: true }),
    "is damaged": () =>
      Deno.writeTextFileSync(`${host.root}/releases/${second.id}/bin/relay`, "#!/bin/SH\n"),
    "has lost its runtime": () =>
      Deno.removeSync(`${host.root}/runtime/deno-9.9.9`, { recursive: true }),
    "has a damaged runtime": () =>
      Deno.writeTextFileSync(`${host.root}/runtime/deno-9.9.9/deno`, "#!/bin/sh\necho 9.9.8\n"),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`refuses a release that ${what}`, async () => {
      await host.run(switchScript(first.id, host.root));
      damage();
      const { code, stderr } = await tryTo(second.id);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `Cannot switch to release ${second.id} as every file of `);
      assertStringIncludes(stderr, "deploy the release again");
      assertEquals((await host.facts()).current, first.id);
    });
  }

  it("never lets anybody see a host without a release", async () => {
    await host.run(switchScript(first.id, host.root));
    const switching = host.run(
      Array.from(
        { length: 10 },
        (_, turn) => `(${switchScript(turn % 2 === 0 ? second.id : first.id, host.root)})\n`,
      ).join(""),
    );
    let looks = 0;
    let done = false;
    switching.then(() => done = true, () => done = true);
    while (!done) {
      assertMatch(Deno.readLinkSync(`${host.root}/current`), /^releases\/[12]\.0\.0-/);
      looks++;
      await Promise.resolve();
      if (looks % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    await switching;
  });
});
