// deno-lint-ignore-file no-console -- a program: what it prints is its result
/**
 * A metrics listener in a process with few descriptors. Started with the JSON text of its
 * configuration; each line of standard input takes all descriptors, or, every second time, lets them
 * go. It prints its port, what it has done, and what the listener logs.
 */
import { createLogger } from "./log.ts";
import { MetricsListener, type MetricsListenerConfig } from "./metrics_listener.ts";

const config = JSON.parse(Deno.args[0]!) as MetricsListenerConfig;
const listener = MetricsListener.start(config, {
  exposition: () => Promise.resolve("ztna_x 1\n"),
  logger: createLogger({ level: "warn", format: "text", write: (line) => console.log(line) }),
});
console.log(`port ${listener.address.port}`);

let taken: Deno.FsFile[] = [];
for await (const _line of Deno.stdin.readable) {
  if (taken.length === 0) {
    try {
      for (;;) taken.push(Deno.openSync("/dev/null"));
    } catch {
      console.log("full");
    }
  } else {
    for (const file of taken) file.close();
    taken = [];
    console.log("free");
  }
}
Deno.exit(0);
