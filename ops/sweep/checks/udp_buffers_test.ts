import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { kernelFacts } from "../facts/test_facts.ts";
import { statuses, testView } from "../test_view.ts";
import { udpBuffers } from "./udp_buffers.ts";

const wanted = everyRoleHost.udpBufferBytes;
const small = { rmem_max: 212_992, rmem_default: wanted - 1, wmem_max: wanted };

describe("the check of socket buffers", () => {
  it("finds settings that are lower than wanted", () => {
    const facts = { kernel: kernelFacts({ socketBuffers: small }) };
    assertEquals(statuses(udpBuffers, { facts }), [
      ["net.core.rmem_max", "warning"],
      ["net.core.wmem_max", "ok"],
      ["net.core.rmem_default", "warning"],
    ]);
    const [verdict] = udpBuffers.evaluate(testView({ facts }));
    assertEquals(verdict?.value, "208 KiB, wanted are 4.0 MiB");
    assertMatch(verdict!.remedy, /deploy -i … --limit h --tags kernel; in a container.*rmem_max=/);
  });

  it("wants no other default where there is no relay", () => {
    const facts = { kernel: kernelFacts({ socketBuffers: small }) };
    const host = { ...everyRoleHost, relay: undefined };
    assertEquals(statuses(udpBuffers, { facts, host }), [
      ["net.core.rmem_max", "warning"],
      ["net.core.wmem_max", "ok"],
    ]);
  });

  it("says nothing of settings that the kernel does not offer there", () => {
    assertEquals(statuses(udpBuffers, { facts: { kernel: kernelFacts() } }), []);
    assertEquals(statuses(udpBuffers, {}), []);
  });
});
