import { becomePassword } from "./become_password.ts";
import type { CommandContext } from "./command.ts";
import type { ConnectionTraffic } from "./engine/connection/connection.ts";
import type { ConnectionSettings } from "./engine/connection/connection_settings.ts";
import { shellCommand } from "./engine/connection/quote.ts";
import { ScriptTimeoutError } from "./engine/errors.ts";
import { connectionSettingsOf } from "./engine/inventory/connection_variables.ts";
import { type HostsCommandValues, requireInventory, runHostsCommand } from "./hosts_command.ts";
import { loadSelection } from "./inventory_options.ts";
import { stateHome } from "./state_home.ts";
import { foldedText, foldOutputs, type HostOutput } from "./terminal/fold_outputs.ts";

/** What the command line says. */
export interface ExecValues extends HostsCommandValues {
  readonly pattern: string;
  readonly command: readonly string[];
  readonly stream: boolean | undefined;
  /** In seconds. */
  readonly timeout: number | undefined;
}

/** A host of an inventory, whether it has a role or not. */
interface ExecHost {
  readonly name: string;
  readonly connection: ConnectionSettings;
}

/** Version of the `--json` output. */
const schema = 1;
/** Output of each stream of a host that is kept, in bytes. */
const maxOutputBytes = 1_048_576;

/** `exec`: runs one command on many hosts. */
export async function execCommand(context: CommandContext, values: ExecValues): Promise<number> {
  requireInventory("run a command", values.inventory);
  const { report, screen, signal } = context;
  const { pattern, json = false, stream = false } = values;
  const warn = (text: string): void => report.warn(text);
  const { hosts } = await loadSelection(values, { pattern, signal, warn });
  const password = await becomePassword(values);
  const [only = "", ...others] = values.command;
  const script = others.length === 0 ? only : shellCommand(values.command);
  const outputs = new Map<string, HostOutput>();
  const options = {
    ...{ command: "exec", argv: Deno.args, values, showOutput: stream && !json },
    isAudited: true, // it may change anything
    hosts: hosts.map((host): ExecHost => ({
      name: host.name,
      connection: connectionSettingsOf(host, password && { becomePassword: password }),
    })),
    roleOf: (): string => "",
    fleet: "",
    auditFile: `${stateHome(Deno.env)}/exec.jsonl`,
  };
  return await runHostsCommand(context, options, async ({ run, begin, emit }) => {
    begin(null);
    await run.connectAll(async (host) => {
      emit({ type: "host_state", host: host.name, phase: "running" });
      try {
        const { code, stdout, stderr, truncated } = await host.connection.run(script, {
          what: "the command",
          maxOutputBytes,
          signal,
          ...values.timeout !== undefined && { timeoutMs: values.timeout * 1000 },
          ...stream && {
            onLine: (from, line) => emit({ type: "output", host: host.name, stream: from, line }),
          },
        });
        const note = truncated ? `more than ${maxOutputBytes} bytes: the rest is left out` : "";
        outputs.set(host.name, { host: host.name, code, stdout, stderr, ...note && { note } });
        if (code === 0) run.finish(host, "done");
        else run.finish(host, "failed", `exit code ${code}`);
      } catch (error) {
        if (!(error instanceof ScriptTimeoutError)) throw error;
        run.finish(host, "failed", error.message);
      }
      // While others are at work yet: nothing more is wanted of it.
      await host.disconnect();
    });
    const all = run.hosts.map(({ name, error = "" }): HostOutput =>
      outputs.get(name) ?? { host: name, code: undefined, stdout: "", stderr: "", note: error }
    );
    screen.endLive();
    if (json) {
      const entries = run.hosts.map(({ traffic }, index) => hostJson(all[index]!, traffic));
      report.json({ schema, hosts: Object.fromEntries(entries) });
    } else if (!stream) report.result(foldedText(foldOutputs(all), { color: report.color }));
    return run.exitCode;
  });
}

/** A host's part of the `--json` output; `traffic` is what reaching it has cost, if it was reached. */
function hostJson(
  { host, code, stdout, stderr, note }: HostOutput,
  traffic: ConnectionTraffic | undefined,
): [string, unknown] {
  return [host, {
    code: code ?? null,
    ...{ stdout, stderr },
    error: note ?? null,
    traffic: traffic ?? null,
  }];
}
