import { ConfigError } from "../tunnel/errors.ts";
import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "../ops/checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "../ops/command.ts";

const opsGroup = "Of ops and sweep";

/** The command line of `bench`. */
export const program = defineProgram({
  name: "deno task bench",
  summary: "Measures, and compares within one run.\n" +
    "relay: datagrams a second through the relay, CPU per datagram over the QUIC library's own, " +
    "latency, memory and cost of idle connections.\n" +
    "scrape: a scrape of a relay with many connections and services: time, size, and what it costs " +
    "its packets.\n" +
    "ops: exec and deploy beside Ansible and a bare loop of ssh, on sshd at loopback and on the " +
    "hosts of a lab,\nwhich it builds and removes; wants root, and Debian's ansible-core and " +
    "openssh-server",
  version: checkoutVersion(checkout),
  options: {
    benchmark: {
      type: "choice",
      choices: ["relay", "scrape", "ops", "sweep"],
      positional: 1,
      required: true,
      help: "What to measure",
    },
    json: {
      type: "boolean",
      flag: "--json",
      default: false,
      help: "Print one JSON object instead of a table",
    },
    quick: {
      type: "boolean",
      flag: "--quick",
      default: false,
      help: "Measure less, to see that it works; not for figures",
    },
    hosts: {
      type: "integer",
      flag: "--hosts",
      min: 2,
      max: 200,
      group: opsGroup,
      help: "How many hosts (default: 20, with --quick 3)",
    },
    only: {
      type: "choice",
      choices: ["commands", "deploys"],
      flag: "--only",
      group: opsGroup,
      help: "Leave the other half of ops out",
    },
  },
});

async function main(
  { report, signal }: CommandContext,
  { values }: Parsed<typeof program.options>,
): Promise<number> {
  const { benchmark, json, quick, only, hosts = quick ? 3 : 20 } = values;
  const progress = (line: string): void => report.info(line);
  if (benchmark !== "ops" && only !== undefined) {
    throw new ConfigError('Cannot use "--only" as it is for "ops" alone');
  }
  if (benchmark !== "ops" && benchmark !== "sweep" && values.hosts !== undefined) {
    throw new ConfigError('Cannot use "--hosts" as it is for "ops" and "sweep" alone');
  }
  const { benchRelay } = await import("./relay/bench.ts");
  const { benchScrape } = await import("./scrape/bench.ts");
  const { benchOps } = await import("./ops/bench.ts");
  const { benchSweep } = await import("./sweep/bench.ts");
  const run = {
    relay: () => benchRelay({ quick, progress }),
    scrape: () => benchScrape({ quick, progress }),
    ops: () => benchOps({ quick, hosts, ...only && { only }, signal, progress }),
    sweep: () => benchSweep({ quick, hosts, signal, progress }),
  };
  const result = await run[benchmark]();
  if (json) report.json(result.json);
  else report.result(result.table);
  return 0;
}

if (import.meta.main) await runDeclared(program, main);
