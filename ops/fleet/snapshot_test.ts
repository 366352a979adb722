import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { hostPaths } from "../host_paths.ts";
import {
  confirmScript,
  parseSnapshot,
  restoreScript,
  type Snapshot,
  snapshotFactsScript,
  snapshotScript,
} from "./snapshot.ts";

const unit = "ztna-relay@a.service";

/** A directory in place of a host's root, where scripts find a `systemctl` that only notes. */
class StandInHost implements Disposable {
  readonly root: string = Deno.makeTempDirSync({ prefix: "ztna-snapshot-" });

  constructor() {
    for (
      const path of ["etc/ztna", "etc/systemd/system", "opt/ztna", "var/lib/ztna-fleet/pending"]
    ) {
      Deno.mkdirSync(`${this.root}/${path}`, { recursive: true });
    }
  }

  path(path: string): string {
    return `${this.root}${path}`;
  }

  write(path: string, text: string): void {
    Deno.writeTextFileSync(this.path(path), text);
  }

  read(path: string): string | undefined {
    try {
      return Deno.readTextFileSync(this.path(path));
    } catch {
      return undefined;
    }
  }

  /** What there is to put back. */
  snapshot(): Snapshot | undefined {
    return parseSnapshot(this.run(snapshotFactsScript).stdout);
  }

  /** Runs a script with its paths below the directory; gives its exit code and output. */
  run(script: string): { code: number; stdout: string } {
    const moved = script.replaceAll(/(?<![\w.$}])\/(etc|opt|var)\//g, `${this.root}/$1/`);
    const { code, stdout, stderr } = new Deno.Command("sh", {
      args: ["-c", `systemctl() { echo "$*" >> ${this.root}/systemctl; }\n${moved}`],
    }).outputSync();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout) + text(stderr) };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

describe("a snapshot", () => {
  const config = "/etc/ztna/relay.json";
  const unitFile = `${hostPaths.units}/ztna-relay@.service`;

  it("puts back files and links, and removes what was not there", () => {
    using host = new StandInHost();
    host.write(config, "old");
    Deno.chmodSync(host.path(config), 0o640);
    Deno.symlinkSync("releases/1", host.path(hostPaths.current));
    host.write(unitFile, "unit");
    const added = "/etc/ztna/with 'quotes' $(and) more";
    const paths = [config, hostPaths.current, added, unitFile].map((path) => host.path(path));
    assertEquals(host.run(snapshotScript(paths)), { code: 0, stdout: "" });
    host.write(config, "new");
    host.write(added, "new");
    Deno.removeSync(host.path(hostPaths.current));
    Deno.symlinkSync("releases/2", host.path(hostPaths.current));
    host.write("/var/lib/ztna-fleet/pending/restart", "");

    assertEquals(host.run(restoreScript([unit])), { code: 0, stdout: "" });
    assertEquals([host.read(config), host.read(added)], ["old", undefined]);
    assertEquals(Deno.statSync(host.path(config)).mode! & 0o777, 0o640);
    assertEquals(Deno.readLinkSync(host.path(hostPaths.current)), "releases/1");
    assertEquals(host.read("/var/lib/ztna-fleet/pending/restart"), undefined);
    assertEquals(host.read("/systemctl")?.trim().split("\n"), [
      "daemon-reload",
      `reset-failed --quiet ${unit}`,
      `restart ${unit}`,
    ]);
  });

  it("stops a program whose unit was not there", () => {
    using host = new StandInHost();
    assertEquals(host.run(snapshotScript([host.path(unitFile)])).code, 0);
    host.write(unitFile, "unit");
    assertEquals(host.run(restoreScript([unit])).code, 0);
    assertEquals(host.read(unitFile), undefined);
    assertEquals(host.read("/systemctl"), `disable --quiet --now ${unit}\ndaemon-reload\n`);
  });

  it("keeps what was known to be good when it is taken twice, until it is confirmed", () => {
    using host = new StandInHost();
    host.write(config, "good");
    const take = (): number => host.run(snapshotScript([host.path(config)])).code;
    assertEquals(host.snapshot(), undefined);
    take();
    host.write(config, "half");
    take();
    assertEquals(host.snapshot(), { release: undefined });
    host.run(restoreScript([]));
    assertEquals([host.read(config), host.snapshot()], ["good", undefined]);
    take();
    host.run(confirmScript);
    assertEquals([host.snapshot(), host.run(restoreScript([])).code], [undefined, 3]);
  });

  it("tells which release it would put back", () => {
    using host = new StandInHost();
    const current = host.path(hostPaths.current);
    host.run(snapshotScript([current]));
    assertEquals(host.snapshot(), { release: null });
    host.run(confirmScript);
    Deno.symlinkSync("releases/0.1.0-abc", current);
    host.run(snapshotScript([current, host.path(config)]));
    Deno.removeSync(current);
    Deno.symlinkSync("releases/0.2.0-def", current);
    assertEquals(host.snapshot(), { release: "0.1.0-abc" });
  });

  it("is not taken for one when a host says anything else", () => {
    for (const output of ["", "yes\n", "release releases/1\n"]) {
      assertEquals(parseSnapshot(output), undefined);
    }
    for (const release of ["", "releases/", "/etc/passwd", "releases/a b"]) {
      assertEquals(parseSnapshot(`snapshot\nrelease ${release}\n`), { release: null });
    }
  });
});
