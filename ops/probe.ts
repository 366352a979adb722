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
    fleetTarget: async (inventory, relay, serviceId) => {
      const { fleetProbeTarget } = await import("./fleet/probe_target.ts");
      const { loadSelection } = await import("./inventory_options.ts");
      const { readFleet } = await import("./fleet/read_fleet.ts");
      const warn = (text: string): void => report.warn(text);
      const selection = await loadSelection({ inventory, limit: undefined }, { signal, warn });
      return fleetProbeTarget(readFleet(selection.inventory, selection.hosts), relay, serviceId);
    },
  });
}

if (import.meta.main) await runCommand(main);
