import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { relayMetrics } from "../../relay/metrics.ts";
import { inspectExpression } from "./inspect.ts";
import {
  escapePattern,
  is,
  isNot,
  isOneOf,
  matches,
  selector,
  seriesSelector,
} from "./selector.ts";

describe("selector", () => {
  it("writes matchers in the order of their labels", () => {
    assertEquals(
      selector(relayMetrics.drops, { reason: is("queue_full"), job: is("ztna-relay") }),
      'ztna_relay_drops_total{job="ztna-relay",reason="queue_full"}',
    );
  });

  it("selects a part of a histogram", () => {
    assertEquals(
      selector(relayMetrics.eventLoopLagSeconds, {}, "bucket"),
      "ztna_event_loop_lag_seconds_bucket",
    );
  });

  it("takes only labels that the metric has", () => {
    // @ts-expect-error: "service" is no label of it
    selector(relayMetrics.drops, { service: is("web") });
    // @ts-expect-error: only histograms have parts
    selector(relayMetrics.drops, {}, "bucket");
  });

  it("writes all matchers of a label, and leaves out those that are undefined", () => {
    assertEquals(
      seriesSelector("up", { job: [matches("a.*"), isNot("ab")], fleet: undefined }),
      'up{job=~"a.*",job!="ab"}',
    );
  });

  it("quotes any value so that it stays one string", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
      const { errors, series } = inspectExpression(seriesSelector("up", { job: is(value) }));
      assertEquals(errors, []);
      assertEquals(series, [{ name: "up", labels: ["job"] }]);
    }));
  });

  it("escapes what a regular expression would take for its own", () => {
    assertEquals(isOneOf(["a.b", "c|d"]).value, "a\\.b|c\\|d");
    fc.assert(fc.property(fc.string(), (text) => {
      assertEquals(new RegExp(`^(?:${escapePattern(text)})$`).test(text), true);
    }));
  });
});
