import { assertEquals, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { readPem } from "../../tunnel/pem.ts";
import { RelayUnreachableError } from "./agent_errors.ts";
import { RelayStandIn, TestCertificates } from "./relay_stand_in.ts";
import { servedCertificate } from "./served_certificate.ts";

describe("servedCertificate", () => {
  let certificates: TestCertificates;
  let other: TestCertificates;
  before(async () => {
    certificates = await TestCertificates.create();
    other = await TestCertificates.create();
  });
  after(() => {
    certificates[Symbol.dispose]();
    other[Symbol.dispose]();
  });

  const { signal } = new AbortController();
  const options = { timeoutMs: 10_000, signal };
  const silent = { hostname: "127.0.0.1", port: 1 };

  it("gives what the relay presents, whoever has issued it", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const { certificateFile } = certificates.serverTls.identity;
    const [expected] = readPem(Deno.readTextFileSync(certificateFile));
    const tls = { ...certificates.clientTls, caFile: other.clientTls.caFile! };
    const target = { relay: relay.address, serverName: "ztna-server", tls };
    assertEquals(await servedCertificate(target, options), expected?.der);
  });

  it("rejects when the relay does not answer in time", async () => {
    const target = { relay: silent, serverName: "ztna-server", tls: certificates.clientTls };
    await assertRejects(
      () => servedCertificate(target, { ...options, timeoutMs: 100 }),
      RelayUnreachableError,
    );
  });

  it("rejects with the signal's reason", async () => {
    const target = { relay: silent, serverName: "ztna-server", tls: certificates.clientTls };
    const controller = new AbortController();
    const attempt = servedCertificate(target, { ...options, signal: controller.signal });
    controller.abort(new RangeError("enough"));
    await assertRejects(() => attempt, RangeError, "enough");
    await assertRejects(
      () => servedCertificate(target, { ...options, signal: controller.signal }),
      RangeError,
    );
  });
});
