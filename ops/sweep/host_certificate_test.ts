import { assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { clientCertificate } from "../pki/certificate_request.ts";
import { isSameDer, readCertificates, readHostCertificate } from "./host_certificate.ts";
import { testAuthority } from "./test_tls_facts.ts";

const nowMs = 1_800_000_000_000;
const authority = await testAuthority(nowMs);
const { certificatePem } = await authority.issue(clientCertificate("agent", "a", ["web"]), nowMs);
const [leaf] = readCertificates(certificatePem);
const [issuer] = readCertificates(authority.certificatePem);

describe("a host's certificate", () => {
  it("is read with what sweeps look at", () => {
    assertEquals(leaf?.dnsNames, ["agent.web.ztna"]);
    assertEquals(leaf?.notAfter, nowMs + 365 * 86_400_000);
    assertEquals(readCertificates(certificatePem + authority.certificatePem).length, 2);
  });

  it("knows who has issued it", async () => {
    const [another] = readCertificates((await testAuthority(nowMs)).certificatePem);
    assertEquals(leaf?.isIssuedBy(issuer!), true);
    assertEquals(leaf?.isIssuedBy(another!), false);
    assertEquals(issuer?.isIssuedBy(leaf!), false, "a program's certificate issues none");
    assertEquals(leaf?.isIssuedBy(leaf!), false);
  });

  it("is read once for several checks", () => {
    assertStrictEquals(readCertificates(certificatePem)[0], readCertificates(certificatePem)[0]);
  });

  it("is none of anything else, which is never an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(leaf!.der.length - 1), (text, at) => {
        assertEquals(readCertificates(text), []);
        const damaged = leaf!.der.slice();
        damaged[at]! ^= 1 + text.length % 255;
        readHostCertificate(damaged)?.isIssuedBy(issuer!);
        assertEquals(readHostCertificate(leaf!.der.slice(0, at)), undefined);
      }),
    );
  });

  it("is the same as one of the same bytes", () => {
    assertEquals(isSameDer(leaf!.der, leaf!.der.slice()), true);
    assertEquals(isSameDer(leaf!.der, issuer!.der), false);
  });
});
