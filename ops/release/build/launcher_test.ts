import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { launcher } from "./launcher.ts";

/** Stands in for Deno: prints what it is started with. */
const printingDeno = `#!/bin/sh
printf '%s\\n' "ZTNA_RELEASE=$ZTNA_RELEASE" "DENO_DIR=$DENO_DIR" "$@"
`;

describe("launcher", { skip: Deno.build.os !== "linux" }, () => {
  const places = ["/plain", "/with space", "/$(touch pwned) 'and' \"more\""];
  for (const place of places) {
    it(`starts its own release below ${place}`, async () => {
      const directory = Deno.makeTempDirSync({ prefix: "ztna-launcher-" });
      try {
        const root = `${directory}${place}`;
        const release = `${root}/releases/1.0.0-abc`;
        Deno.mkdirSync(`${release}/bin`, { recursive: true });
        Deno.mkdirSync(`${root}/runtime/deno-9.9.9`, { recursive: true });
        Deno.writeTextFileSync(`${root}/runtime/deno-9.9.9/deno`, printingDeno, { mode: 0o755 });
        const text = launcher("relay", "9.9.9", "linux-x64");
        Deno.writeTextFileSync(`${release}/bin/relay`, text, { mode: 0o755 });
        Deno.symlinkSync("releases/1.0.0-abc", `${root}/current`);
        const { stdout } = await new Deno.Command(`${root}/current/bin/relay`, {
          args: ["--config", "a b"],
          clearEnv: true,
          cwd: directory,
        }).output();
        const words = new TextDecoder().decode(stdout).trimEnd().split("\n");
        assertEquals(words.slice(0, 3), ["ZTNA_RELEASE=1.0.0-abc", "DENO_DIR=/dev/null", "run"]);
        assertEquals(words.slice(-3), [`${release}/relay/main.ts`, "--config", "a b"]);
        const ffi = words.find((word) => word.startsWith("--allow-ffi="));
        assertStringIncludes(ffi ?? "", `=${release}/node_modules/@matrixai/quic-linux-x64/`);
        assertEquals([...Deno.readDirSync(directory)].length, 1);
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    });
  }
});
