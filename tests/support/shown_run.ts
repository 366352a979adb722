/**
 * A command that shows a run on three hosts until it is interrupted, for tests in a real terminal.
 * With `stubborn` it does not end when it is asked to; with `crash` it fails in the middle.
 */

import { runCommand } from "../../ops/command.ts";
import { beginRunOutput } from "../../ops/terminal/run_output.ts";

const [mode] = Deno.args;

if (import.meta.main) {
  await runCommand(async ({ screen, report, signal }) => {
    using run = beginRunOutput({ screen, json: false, verbose: 0, quiet: false });
    const hosts = ["relay1", "relay2", "connector1"];
    run.bus.emit({
      ...{
        type: "run_started",
        command: "deploy",
        arguments: [],
        fleet: "lab",
        release: "0.2.0-x",
      },
      ...{ check: false, hosts: hosts.map((host) => ({ host, role: "relay" })) },
    });
    for (const host of hosts) run.bus.emit({ type: "host_state", host, phase: "connecting" });
    run.bus.emit({ type: "note", text: "something that stays" });
    report.info("ready");
    await new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => {
        if (mode !== "stubborn") reject(signal.reason);
        else report.info("no");
      });
      if (mode === "crash") setTimeout(() => globalThis.reportError(new Error("a bug")), 500);
    });
    return 0;
  });
}
