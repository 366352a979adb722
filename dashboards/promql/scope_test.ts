import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { connectorMetrics } from "../../connector/metrics.ts";
import { variableScope } from "./scope.ts";
import { is } from "./selector.ts";

const { packets, ready, drops } = connectorMetrics;

describe("variableScope", () => {
  it("selects what the variables choose, of one program", () => {
    assertEquals(
      variableScope({ program: "connector" }).select(ready),
      'ztna_connector_ready{fleet=~"$fleet",instance=~"$instance",job="ztna-connector"}',
    );
  });

  it("selects the chosen programs, and services where a metric has them", () => {
    const scope = variableScope({ program: "$job", hasService: true });
    const target = 'fleet=~"$fleet",instance=~"$instance",job=~"$job"';
    assertEquals(scope.select(ready), `ztna_connector_ready{${target}}`);
    assertEquals(
      scope.select(packets),
      `ztna_connector_packets_total{${target},service=~"$service"}`,
    );
    assertEquals(scope.selectOwn("up"), `up{${target}}`);
  });

  it("adds matchers, and lets them replace its own", () => {
    const scope = variableScope({ program: "$job", hasService: true });
    assertEquals(
      scope.select(drops, { fleet: undefined, job: undefined, service: is("web") }),
      'ztna_connector_drops_total{instance=~"$instance",service="web"}',
    );
  });
});
