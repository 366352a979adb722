// deno-lint-ignore-file no-console -- a command: what it prints is its result
/**
 * Something to look at: a small fleet under load and a Prometheus with the generated rules, until
 * Ctrl-C or for `--seconds N`. A relay is restarted half a minute after the start.
 *
 * deno run -A tests/monitoring/watch.ts [--seconds N]
 */
import { parseArgs } from "@std/cli/parse-args";
import { MonitoredFleet } from "./monitored_fleet.ts";

/** When the restart is. */
const restartAfterMs = 30_000;

if (import.meta.main) {
  const { seconds } = parseArgs(Deno.args, { string: ["seconds"] });
  const ended = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGINT", ended.resolve);
  await using fleet = await MonitoredFleet.start();
  console.log(`Prometheus: ${fleet.prometheus.url}`);
  const end = seconds === undefined ? undefined : setTimeout(ended.resolve, Number(seconds) * 1000);
  const restart = setTimeout(() => {
    fleet.restart("relay01", "0.2.0-9b1c77aa3f2e").then(
      () => console.log("relay01 is restarted"),
      (error) => console.log(`relay01 is not restarted: ${error}`),
    );
  }, restartAfterMs);
  await ended.promise;
  clearTimeout(restart);
  clearTimeout(end);
}
