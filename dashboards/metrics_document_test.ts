import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ownMetrics, sharedMetrics } from "./catalogue.ts";
import { metricsDocument } from "./metrics_document.ts";

const { text } = metricsDocument();

/** The entry of one metric, without its title. */
function entryOf(name: string): string {
  const entry = text.split(/^#### /m).find((part) => part.startsWith(`\`${name}\`\n`));
  assert(entry, `no entry of ${name}`);
  return entry.split(/^##/m)[0]!.slice(name.length + 2).trim();
}

describe("metricsDocument", () => {
  it("has one entry for each metric of each program", () => {
    const titles = [...text.matchAll(/^#### `(.*)`$/gm)].map(([, name]) => name!);
    const metrics = [...ownMetrics("relay"), ...ownMetrics("connector"), ...sharedMetrics];
    assertEquals(titles.sort(), metrics.map(({ name }) => name).sort());
  });

  it("says of each metric what it is and what to do", () => {
    const squeezed = text.replaceAll(/\s+/g, " ");
    for (const { help, advice } of [...ownMetrics("relay"), ...sharedMetrics]) {
      assert(squeezed.includes(`${help}. ${advice}`), help);
    }
  });

  it("tells labels, limits, thresholds and buckets as people say them", () => {
    assert(
      entryOf("ztna_relay_handshakes_total").endsWith(
        "- Label `result`: `completed`, `failed`",
      ),
    );
    assert(entryOf("process_open_fds").endsWith("- Limit: `process_max_fds`"));
    assert(entryOf("process_cpu_seconds_total").endsWith("- Orange from 70 %, red from 90 %"));
    assert(
      entryOf("ztna_relay_certificate_expiry_timestamp_seconds").endsWith(
        "- Orange below 21 days, red below 3 days",
      ),
    );
    const lag = entryOf("ztna_event_loop_lag_seconds");
    assert(lag.startsWith("Histogram, seconds. How late"));
    assert(lag.includes("- Buckets up to 1 ms, 2.5 ms, 5 ms, 10 ms"));
  });

  it("is no wider than the checkout's Markdown, but for what cannot be broken", () => {
    assertEquals(text.split("\n").filter((line) => line.length > 100 && line.includes(" ")), []);
  });
});
