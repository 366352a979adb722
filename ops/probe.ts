/** `deno task probe`: sends packets through a tunnel and counts what comes back. */

import { type CommandContext, runCommand } from "./command.ts";
import { localProbeTarget } from "./local/probe_target.ts";
import { statePathsOf } from "./local/state_paths.ts";

async function main({ report, signal }: CommandContext): Promise<number> {
  // Loaded here, so that a platform without the QUIC library gets a message and not a stack.
  const { probeCommand } = await import("./probe/command.ts");
  const encoder = new TextEncoder();
  return await probeCommand(Deno.args, {
    report,
    signal,
    writeError: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    isTerminal: Deno.stderr.isTerminal(),
    localTarget: () => localProbeTarget(statePathsOf(Deno.env)),
  });
}

if (import.meta.main) await runCommand(main);
