import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { ConfigError } from "./errors.ts";
import { readPem, writePem } from "./pem.ts";
import { checkTlsFiles, expiryWarningMs } from "./tls_files.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const now = Date.UTC(2030, 5, 15);
const dayMs = 86_400_000;

let directory: string;

async function issue(
  name: string,
  fromDays: number,
  toDays: number,
): Promise<{ certificate: string; key: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(now + fromDays * dayMs),
    notAfter: new Date(now + toDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: `agent.${name}.ztna` }]),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: writePem("CERTIFICATE", new Uint8Array(certificate.rawData)),
    key: writePem("PRIVATE KEY", new Uint8Array(pkcs8)),
  };
}

function write(name: string, text: string, mode = 0o600): string {
  const path = `${directory}/${name}`;
  Deno.writeTextFileSync(path, text);
  Deno.chmodSync(path, mode);
  return path;
}

function identity(certificateFile: string, keyFile: string): {
  identity: { certificateFile: string; keyFile: string };
} {
  return { identity: { certificateFile, keyFile } };
}

function openssl(...args: string[]): boolean {
  try {
    return new Deno.Command("openssl", { args, stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

let good: { certificate: string; key: string };
let other: { certificate: string; key: string };

before(async () => {
  directory = await Deno.makeTempDir({ prefix: "ztna-tls-files-" });
  good = await issue("good", -10, 100);
  other = await issue("other", -10, 100);
});
after(async () => {
  await Deno.remove(directory, { recursive: true });
});

describe("checkTlsFiles", () => {
  it("tells what is in files that can be used", () => {
    const certificateFile = write("chain.pem", `a comment: zoë\n${good.certificate}\n`);
    const caFile = write("ca.pem", good.certificate + other.certificate);
    const report = checkTlsFiles(
      { ...identity(certificateFile, write("good.key", good.key)), caFile },
      now,
    );
    assertEquals(report.certificate, {
      file: certificateFile,
      commonName: "good",
      dnsNames: ["agent.good.ztna"],
      names: [{ role: "agent", serviceId: "good" }],
      notBefore: now - 10 * dayMs,
      notAfter: now + 100 * dayMs,
    });
    assertEquals(report.authorities.map((info) => info.commonName), ["good", "other"]);
    assertEquals(report.warnings, []);
  });

  it("needs neither an identity nor authorities", () => {
    assertEquals(checkTlsFiles({}, now), { certificate: undefined, authorities: [], warnings: [] });
  });

  const mistakes: { what: string; certificate: () => string; key?: () => string; says: RegExp }[] =
    [
      {
        what: "a certificate file that does not exist",
        certificate: () => `${directory}/none.pem`,
        says: /certificate file ".*none\.pem" as it must exist/,
      },
      {
        what: "a directory",
        certificate: () => directory,
        says: /regular file/,
      },
      {
        what: "a file without PEM",
        certificate: () => write("text.pem", "hello"),
        says: /"[^"]*text\.pem" as it must be PEM with a CERTIFICATE block: it has no PEM block/,
      },
      {
        what: "an empty file",
        certificate: () => write("empty.pem", ""),
        says: /no PEM block/,
      },
      {
        what: "a file that is too large",
        certificate: () => write("large.pem", "x".repeat(1024 * 1024 + 1)),
        says: /larger than 1048576 bytes/,
      },
      {
        what: "a key in place of the certificate",
        certificate: () => write("swapped.pem", good.key),
        says: /CERTIFICATE block: it has PRIVATE KEY/,
      },
      {
        what: "a certificate that is cut off",
        certificate: () => write("cut.pem", good.certificate.slice(0, 300)),
        says: /block 1 is damaged/,
      },
      {
        what: "a certificate that is not X.509",
        certificate: () => write("junk.pem", writePem("CERTIFICATE", new Uint8Array(50))),
        says: /block 1 is damaged/,
      },
      {
        what: "the key of another certificate",
        certificate: () => write("a.pem", good.certificate),
        key: () => write("other.key", other.key),
        says: /key file "[^"]*other\.key" as it must belong to the certificate in "[^"]*a\.pem"/,
      },
      {
        what: "a chain in the wrong order",
        certificate: () => write("order.pem", other.certificate + good.certificate),
        says: /it is number 2; move it to the top/,
      },
      {
        what: "a certificate in place of the key",
        certificate: () => write("b.pem", good.certificate),
        key: () => write("b.key", good.certificate),
        says: /PRIVATE KEY block: it has CERTIFICATE/,
      },
      {
        what: "a key that is damaged",
        certificate: () => write("c.pem", good.certificate),
        key: () => write("c.key", writePem("PRIVATE KEY", new Uint8Array(40))),
        says: /c\.key" as its PRIVATE KEY block must be an unencrypted/,
      },
      {
        what: "an encrypted key",
        certificate: () => write("d.pem", good.certificate),
        key: () => write("d.key", good.key.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")),
        says: /must not be encrypted/,
      },
    ];
  for (const { what, certificate, key, says } of mistakes) {
    it(`refuses ${what}`, () => {
      const files = identity(certificate(), key?.() ?? write("default.key", good.key));
      const error = assertThrows(() => checkTlsFiles(files, now), ConfigError);
      assertMatch(error.message, says);
      assertEquals(error.message.includes(good.key.split("\n")[1]!), false, "shows the key");
    });
  }

  it("names every mistake, a line each", () => {
    const files = {
      ...identity(`${directory}/no.pem`, `${directory}/no.key`),
      caFile: `${directory}/no-ca.pem`,
    };
    const error = assertThrows(() => checkTlsFiles(files, now), ConfigError);
    assertEquals(error.message.split("\n").map((line) => /"[^"]*\/([^"]*)"/.exec(line)?.[1]), [
      "no.pem",
      "no.key",
      "no-ca.pem",
    ]);
  });

  it("refuses an own certificate outside its validity, and names date and clock", async () => {
    const expired = await issue("expired", -20, -1);
    const future = await issue("future", 1, 20);
    for (const [pair, says] of [[expired, "expired on 2030-06-14"], [future, "not valid before"]]) {
      const { certificate, key } = pair as typeof expired;
      const files = identity(write("time.pem", certificate), write("time.key", key));
      const error = assertThrows(() => checkTlsFiles(files, now), ConfigError);
      assertStringIncludes(error.message, says as string);
      assertStringIncludes(error.message, "2030-06-15T00:00:00.000Z");
    }
  });

  it("warns 14 days before an own certificate expires", async () => {
    const { certificate, key } = await issue("soon", -20, 14);
    const files = identity(write("soon.pem", certificate), write("soon.key", key));
    assertEquals(checkTlsFiles(files, now).warnings, []);
    assertMatch(checkTlsFiles(files, now + 1).warnings[0]!, /needs renewal: it expires on 2030/);
    assertEquals(expiryWarningMs, 14 * dayMs);
  });

  it("takes a CA file as long as one certificate in it is valid", async () => {
    const expired = await issue("expired", -20, -1);
    const mixed = write("mixed.pem", expired.certificate + good.certificate);
    assertMatch(checkTlsFiles({ caFile: mixed }, now).warnings[0]!, /"expired"\) that expired on/);
    const none = write("none-valid.pem", expired.certificate);
    assertThrows(() => checkTlsFiles({ caFile: none }, now), ConfigError, "no certificate in it");
  });

  it("warns of a key that every user can read", () => {
    const files = identity(write("e.pem", good.certificate), write("e.key", good.key, 0o644));
    assertMatch(checkTlsFiles(files, now).warnings[0]!, /e\.key" can be read .* its mode is 0644/);
  });

  const skip = openssl("version") ? false : "openssl is not installed";
  it("takes the keys that openssl makes", { skip }, () => {
    for (const kind of [["rsa:2048"], ["ed25519"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]]) {
      const [key, pem] = [`${directory}/openssl.key`, `${directory}/openssl.pem`];
      const made = openssl(
        ...["req", "-x509", "-nodes", "-subj", "/CN=o", "-days", "30", "-newkey", ...kind],
        ...["-keyout", key, "-out", pem],
      );
      assertEquals(made, true, kind[0]);
      assertEquals(checkTlsFiles(identity(pem, key)).certificate?.commonName, "o");
    }
  });
});

describe("readPem", () => {
  it("reads what writePem writes", () => {
    const der = Uint8Array.from({ length: 200 }, (_, i) => i);
    assertEquals(readPem(writePem("X Y", der) + writePem("Z", new Uint8Array())), [
      { label: "X Y", der },
      { label: "Z", der: new Uint8Array() },
    ]);
  });

  it("gives blocks without an end or with other text no contents", () => {
    const text = "-----BEGIN A-----\n@@\n-----END A-----\n-----BEGIN B-----\nAAAA\n";
    assertEquals(readPem(text), [{ label: "A", der: undefined }, { label: "B", der: undefined }]);
  });
});
