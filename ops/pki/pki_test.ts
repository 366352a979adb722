import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { isIdentityError, readIdentity } from "../../tunnel/identity.ts";
import { readPem } from "../../tunnel/pem.ts";
import { checkTlsFiles } from "../../tunnel/tls_files.ts";
import type { IssuedContents } from "./certificate_authority.ts";
import { clientCertificate, serverCertificate } from "./certificate_request.ts";
import { CertificateStore } from "./certificate_store.ts";
import { renewalReason } from "./renewal.ts";

const dayMs = 86_400_000;
const now = Date.now();

let directory: string;
let store: CertificateStore;
beforeEach(() => {
  directory = Deno.makeTempDirSync({ prefix: "ztna-pki-" });
  store = new CertificateStore(`${directory}/tls`);
});
afterEach(() => Deno.removeSync(directory, { recursive: true }));

function openssl(...args: string[]): { success: boolean; text: string } {
  try {
    const output = new Deno.Command("openssl", { args, stdout: "piped", stderr: "piped" })
      .outputSync();
    const decoder = new TextDecoder();
    return {
      success: output.success,
      text: decoder.decode(output.stdout) + decoder.decode(output.stderr),
    };
  } catch {
    return { success: false, text: "" };
  }
}
const skip = openssl("version").success ? false : "openssl is not installed";

describe("CertificateStore", () => {
  it("makes an authority on first use and finds it again", async () => {
    assertEquals(await store.openAuthority(now), undefined);
    const authority = await store.createAuthority("test", now);
    await store.issue("c", authority, clientCertificate("agent", "c", ["web"]), now);
    const again = await store.openAuthority(now);
    assertEquals(again?.certificatePem, authority.certificatePem);
    assert(await store.inspect("c", again!) !== undefined);
  });

  it("keeps keys to the owner", async () => {
    const authority = await store.createAuthority("test", now);
    await store.issue("c", authority, clientCertificate("agent", "c", ["web"]), now);
    for (const name of ["ca", "c"]) {
      assertEquals(Deno.statSync(store.files(name).keyFile).mode! & 0o777, 0o600);
    }
    assertEquals(Deno.statSync(`${directory}/tls`).mode! & 0o777, 0o700);
    assertEquals([...Deno.readDirSync(`${directory}/tls`)].map((entry) => entry.name).sort(), [
      "c.key",
      "c.pem",
      "ca.key",
      "ca.pem",
    ]);
  });

  it("issues what the programs accept", async () => {
    const authority = await store.createAuthority("test", now);
    const request = clientCertificate("connector", "c-1", ["web", "a.b", "*"]);
    await store.issue("c", authority, request, now);
    const report = checkTlsFiles({
      identity: store.files("c"),
      caFile: store.files("ca").certificateFile,
    });
    assertEquals(report.warnings, []);
    const [block] = readPem(Deno.readTextFileSync(store.files("c").certificateFile));
    const identity = readIdentity(block!.der!);
    assert(!isIdentityError(identity));
    assertEquals(identity.commonName, "c-1");
    assertEquals(identity.names.map((name) => name.serviceId), ["web", "a.b", "*"]);
  });

  it("issues what openssl accepts for its purpose and for no other", { skip }, async () => {
    const authority = await store.createAuthority("test", now);
    const server = serverCertificate("relay", "r", ["relay.example.org", "127.0.0.1", "::1"]);
    await store.issue("r", authority, server, now);
    await store.issue("c", authority, clientCertificate("agent", "c", ["web"]), now);
    const ca = store.files("ca").certificateFile;
    const verify = (purpose: string, name: string, ...more: string[]): boolean =>
      openssl(
        ...["verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, ...more],
        store.files(name).certificateFile,
      ).success;
    assertEquals(verify("sslserver", "r", "-verify_hostname", "ztna-server"), true);
    assertEquals(verify("sslserver", "r", "-verify_hostname", "relay.example.org"), true);
    assertEquals(verify("sslserver", "r", "-verify_ip", "127.0.0.1"), true);
    assertEquals(verify("sslserver", "r", "-verify_ip", "::1"), true);
    assertEquals(verify("sslserver", "r", "-verify_hostname", "ztna-connector"), false);
    assertEquals(verify("sslclient", "r"), false);
    assertEquals(verify("sslclient", "c"), true);
    assertEquals(verify("sslserver", "c"), false);
    const text = openssl("x509", "-in", ca, "-noout", "-text").text;
    assertMatch(text, /CA:TRUE, pathlen:0/);
    assertMatch(text, /Certificate Sign, CRL Sign/);
    assertMatch(text, /prime256v1/);
  });

  it("does not take another authority's certificate or another key for its own", async () => {
    const first = await store.createAuthority("test", now);
    const request = clientCertificate("agent", "c", ["web"]);
    await store.issue("c", first, request, now);
    const other = await new CertificateStore(`${directory}/other`).createAuthority("test", now);
    assertEquals(await store.inspect("c", other), undefined);
    await store.issue("d", first, request, now);
    Deno.copyFileSync(store.files("d").keyFile, store.files("c").keyFile);
    assertEquals(await store.inspect("c", first), undefined);
    assertEquals(await store.inspect("none", first), undefined);
  });

  it("says what is wrong with an authority that cannot be used", async () => {
    await store.createAuthority("test", now);
    const { certificateFile, keyFile } = store.files("ca");
    const [certificate, key] = [certificateFile, keyFile].map((path) =>
      Deno.readTextFileSync(path)
    );
    await new CertificateStore(`${directory}/other`).createAuthority("test", now);
    const damages: [damage: () => void, says: RegExp][] = [
      [() => Deno.removeSync(keyFile), /its key must be beside it/],
      [() => Deno.writeTextFileSync(keyFile, "junk"), /ca\.key" as it must be a P-256 key/],
      [() => Deno.copyFileSync(`${directory}/other/ca.key`, keyFile), /the key must belong to/],
      [() => Deno.writeTextFileSync(certificateFile, "junk"), /ca\.pem" as it must be the cert/],
    ];
    for (const [damage, says] of damages) {
      Deno.writeTextFileSync(certificateFile, certificate!);
      Deno.writeTextFileSync(keyFile, key!);
      damage();
      assertMatch((await assertRejects(() => store.openAuthority(now), ConfigError)).message, says);
    }
  });

  it("lets no certificate outlive its authority, and wants a new one after 10 years", async () => {
    const authority = await store.createAuthority("test", now);
    const late = authority.notAfter - 10 * dayMs;
    await store.issue("c", authority, clientCertificate("agent", "c", ["web"]), late);
    assertEquals((await store.inspect("c", authority))?.notAfter, authority.notAfter);
    assertEquals(await store.openAuthority(authority.notAfter), undefined);
    const request = clientCertificate("agent", "c", ["web"]);
    await assertRejects(() => authority.issue(request, authority.notAfter), ConfigError);
    const years = (authority.notAfter - now) / dayMs / 365;
    assertEquals(Math.round(years), 10);
  });
});

describe("renewalReason", () => {
  const request = clientCertificate("agent", "c", ["a", "b"]);
  const existing: IssuedContents = {
    ...request,
    notBefore: now - 200 * dayMs,
    notAfter: now + 100 * dayMs,
  };
  const table: { what: string; change: Partial<IssuedContents> | undefined; says?: RegExp }[] = [
    { what: "keeps one with a third of its lifetime left", change: {} },
    {
      what: "keeps one with its names in another order",
      change: { names: [...request.names].reverse() },
    },
    {
      what: "renews one with less than a third left",
      change: { notAfter: now + 99 * dayMs },
      says: /in 99 days/,
    },
    { what: "renews one that has expired", change: { notAfter: now }, says: /has expired/ },
    { what: "renews one of the future", change: { notBefore: now + 1 }, says: /not valid yet/ },
    {
      what: "renews one that lacks a name",
      change: { names: ["agent.a.ztna"] },
      says: /lacks agent\.b\.ztna/,
    },
    {
      what: "renews one that allows too much",
      change: { names: [...request.names, "agent.*.ztna"] },
      says: /no longer name agent\.\*/,
    },
    {
      what: "renews one of another program",
      change: { commonName: "d" },
      says: /common name must be "c"/,
    },
    {
      what: "renews one for the other side",
      change: { usage: "server" },
      says: /must be for a client/,
    },
    { what: "issues where there is none", change: undefined, says: /there is none/ },
  ];
  for (const { what, change, says } of table) {
    it(what, () => {
      const reason = renewalReason(change && { ...existing, ...change }, request, now);
      if (says === undefined) assertEquals(reason, undefined);
      else assertMatch(reason ?? "", says);
    });
  }
});

describe("certificate requests", () => {
  it("put the name that existing agents expect first, and each name once", () => {
    assertEquals(
      serverCertificate("relay", "r", ["A.example", "a.example", "2001:DB8:0::1"]).names,
      [
        "ztna-server",
        "a.example",
        "2001:db8::1",
      ],
    );
    assertEquals(serverCertificate("connector", "c", []).names, ["ztna-connector"]);
  });

  for (const host of ["", "a b", "a,b", "-a", "a-", "a..b", "x/y", "fe80::1%eth0", "é.example"]) {
    it(`refuse the host "${host}"`, () => {
      assertThrows(() => serverCertificate("relay", "r", [host]), ConfigError, `"${host}"`);
    });
  }

  for (const id of ["", "Web", "a b", "a\0b", "é", "x".repeat(250)]) {
    it(`refuse the service ID ${JSON.stringify(id.slice(0, 8))}`, () => {
      assertThrows(() => clientCertificate("agent", "c", [id]), ConfigError);
    });
  }

  it("refuse a client without services and a common name that is empty or too long", () => {
    assertThrows(() => clientCertificate("agent", "c", []), ConfigError, "could do nothing");
    assertThrows(() => clientCertificate("agent", "", ["a"]), ConfigError);
    assertThrows(() => clientCertificate("agent", "x".repeat(65), ["a"]), ConfigError, "65");
  });
});
