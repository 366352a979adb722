import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { skipIf } from "../../../tests/support/required_tests.ts";
import { needsRoot } from "../../engine/resource/test_shell.ts";

const script = new URL("../../sweep.ts", import.meta.url).pathname;

/** Remembers of each unit whether it is enabled and active, and what it was told. */
const systemctl = `#!/bin/sh
state=/run/units
verb=$1
for unit; do :; done
[ "$verb" = show ] || echo "$*" >> /run/told
case $verb in
  show)
    printf 'LoadState=loaded\\nNeedDaemonReload=no\\n'
    [ -e "$state/$unit.active" ] && echo ActiveState=active || echo ActiveState=inactive
    if [ -e "$state/$unit.enabled" ]; then echo UnitFileState=enabled
    elif [ -e "/etc/systemd/system/$unit" ]; then echo UnitFileState=disabled
    else echo UnitFileState=; fi ;;
  enable) : > "$state/$unit.enabled" ;;
  disable) rm -f "$state/$unit.enabled" ;;
  start) : > "$state/$unit.active" ;;
  stop) rm -f "$state/$unit.active" ;;
  is-active) [ -e "$state/$unit.active" ] ;;
esac
`;

/** Where a machine's own things are, empty; and a systemd that is none. */
const stage = `set -e
for place in /etc/systemd/system /usr/local/sbin /run /var/lib; do
  mount -t tmpfs tmpfs "$place"
done
mkdir -p /run/systemd/system /run/units
cat > /usr/local/sbin/systemctl << 'END'
${systemctl}END
chmod 755 /usr/local/sbin/systemctl
`;

/** Why a machine without systemd can't play one that has it, or `false`. */
function needsMounts(): string | false {
  if (needsRoot !== false) return needsRoot;
  const { success } = new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /usr/local/sbin"],
    ...{ stdout: "null", stderr: "null" },
  }).outputSync();
  return skipIf(!success, "mounts of their own are not allowed here: run them as root");
}

describe("sweep install on this machine", { skip: needsMounts() }, () => {
  let directory: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "install-here-" });
    Deno.writeTextFileSync(
      `${directory}/hosts.yaml`,
      "relays: {hosts: {relay1: {ansible_host: 192.0.2.1, ztna_fleet: prod}}}\n",
    );
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  /** Runs commands one after the other on the same stage; gives their output. */
  function onStage(...commands: readonly string[]): string {
    const install = `${Deno.execPath()} run -A ${script} install -i hosts.yaml --user root`;
    const text = commands.map((command) => `${command.replace("INSTALL", install)}\n`).join("");
    const { stdout, stderr } = new Deno.Command("unshare", {
      args: ["--mount", "--propagation=private", "sh", "-c", `${stage}${text}`],
      cwd: directory,
      env: { NO_COLOR: "1", XDG_STATE_HOME: `${directory}/state` },
      stdin: "null",
    }).outputSync();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  }

  it("changes nothing with --check, then installs, then finds nothing to do", () => {
    const output = onStage(
      "INSTALL --check --diff -q || echo would change: $?",
      "ls /etc/systemd/system | wc -l",
      "INSTALL -q",
      "cd /etc/systemd/system && ls && cat /run/told && grep ^ExecStart *.service; cd - > /dev/null",
      "INSTALL --check -q && echo converged",
    );
    assertStringIncludes(output, "+OnCalendar=*-*-* *:0/5:00");
    assertStringIncludes(output, "would change: 3\n0\n");
    assertStringIncludes(output, '"localhost" sweeps the fleet prod by ztna-sweep-prod.timer');
    assertStringIncludes(
      output,
      "\nztna-sweep-prod.service\nztna-sweep-prod.timer\ndaemon-reload\n" +
        "enable -- ztna-sweep-prod.timer\n",
    );
    assertStringIncludes(output, "\nstart -- ztna-sweep-prod.timer\n");
    assertStringIncludes(
      output,
      `\nExecStart=${Deno.execPath()} run -A ${script} --inventory=${directory}/hosts.yaml --quiet\n`,
    );
    assertStringIncludes(output, "\nconverged\n");
  });

  it("takes new times over, and goes without a trace", () => {
    const output = onStage(
      "INSTALL -q > /dev/null",
      ": > /run/told",
      "INSTALL --every 1h -q > /dev/null && cat /run/told && echo",
      "INSTALL --remove -q",
      "ls /etc/systemd/system /run/units && echo end",
      "INSTALL --remove --check -q && echo gone",
    );
    const [told, removed = ""] = output.split("\n\n");
    assertEquals(told, "daemon-reload\ntry-restart -- ztna-sweep-prod.timer");
    assertStringIncludes(removed, '"localhost" sweeps the fleet prod no more');
    assertStringIncludes(output, "/etc/systemd/system:\n\n/run/units:\nend\n");
    assertStringIncludes(output, "\ngone\n");
  });

  it("says all that is missing before it touches anything", () => {
    const output = onStage(
      "INSTALL --deno /nowhere/deno --checkout /nowhere -q || echo failed: $?",
      "ls /etc/systemd/system | wc -l",
    );
    assertStringIncludes(output, 'to read this checkout at "/nowhere": put it there');
    assertStringIncludes(output, 'to run "/nowhere/deno": install Deno');
    assertStringIncludes(output, "failed: 1\n0\n");
  });
});
