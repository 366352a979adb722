// deno-lint-ignore-file no-console -- a command: what it prints is its result
import { benchRelay } from "./relay/bench.ts";

const usage = `Usage: deno task bench relay [--json] [--quick]

relay     datagrams a second through the relay, CPU per datagram over the QUIC library's own,
          latency, memory and cost of idle connections
--json    one JSON object on standard output instead of a table
--quick   shorter measurements, to see that it works; not for figures`;

const [name, ...flags] = Deno.args;
const unknown = flags.find((flag) => flag !== "--json" && flag !== "--quick");
if (name === "--help" || name === "-h") {
  console.log(usage);
} else if (name !== "relay" || unknown !== undefined) {
  console.error(`Cannot run the benchmark "${Deno.args.join(" ")}" as there is no such one\n`);
  console.error(usage);
  Deno.exit(2);
} else {
  const report = await benchRelay({
    quick: flags.includes("--quick"),
    progress: (line) => console.error(line),
  });
  console.log(flags.includes("--json") ? JSON.stringify(report.json, null, 2) : report.table);
}
