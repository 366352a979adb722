import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { assert, assertEquals } from "@std/assert";
import { before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  type Identity,
  type IdentityErrorCode,
  isAuthorized,
  isIdentityError,
  readCertificate,
  readIdentity,
} from "./identity.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const notBefore = new Date("2024-01-01T00:00:00Z");
const notAfter = new Date("2049-12-31T23:59:59Z");

let keys: CryptoKeyPair;

async function issue(subject: string, names?: x509.JsonGeneralName[]): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: algorithm,
    extensions: names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  });
  return new Uint8Array(certificate.rawData);
}

function identityOf(der: Uint8Array): Identity {
  const identity = readIdentity(der);
  assert(!isIdentityError(identity), isIdentityError(identity) ? identity.message : "");
  return identity;
}

// A DER writer for what no generator would issue.
function tlv(tag: number, ...contents: (number[] | Uint8Array)[]): number[] {
  const body = contents.flatMap((part) => [...part]);
  const length = body.length < 0x80
    ? [body.length]
    : body.length < 0x100
    ? [0x81, body.length]
    : [0x82, body.length >> 8, body.length & 0xff];
  return [tag, ...length, ...body];
}
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const commonName = (tag: number, value: number[]): number[] =>
  tlv(0x31, tlv(0x30, [0x06, 3, 0x55, 0x04, 0x03], tlv(tag, value)));
const alternativeNames = (...names: number[][]): number[] =>
  tlv(0x30, [0x06, 3, 0x55, 0x1d, 0x11], tlv(0x04, tlv(0x30, ...names)));
const dns = (name: string): number[] => tlv(0x82, ascii(name));

function handMade(
  parts: { subject?: number[]; extensions?: number[][]; validity?: number[]; version?: number[] },
): Uint8Array {
  const name = tlv(0x30, commonName(0x0c, ascii("x")));
  const subject = parts.subject ?? name;
  const validity = parts.validity ??
    tlv(0x30, tlv(0x17, ascii("240101000000Z")), tlv(0x17, ascii("491231235959Z")));
  const version = parts.version ?? tlv(0xa0, [0x02, 1, 2]);
  const extensions = parts.extensions === undefined
    ? []
    : tlv(0xa3, tlv(0x30, ...parts.extensions));
  const anyAlgorithm = tlv(0x30, [0x06, 3, 0x2a, 3, 4]);
  const key = tlv(0x30, anyAlgorithm, tlv(0x03, [0, 1]));
  const body = tlv(
    0x30,
    version,
    [0x02, 1, 1],
    anyAlgorithm,
    name,
    validity,
    subject,
    key,
    extensions,
  );
  return Uint8Array.from(tlv(0x30, body, anyAlgorithm, tlv(0x03, [0, 1])));
}

describe("readIdentity", () => {
  before(async () => {
    keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  });

  const table: { san: string; gives: string | undefined }[] = [
    { san: "agent.web-app.ztna", gives: "agent:web-app" },
    { san: "connector.web-app.ztna", gives: "connector:web-app" },
    { san: "agent.a.b.ztna", gives: "agent:a.b" },
    { san: "agent.*.ztna", gives: "agent:*" },
    { san: "connector.*.ztna", gives: "connector:*" },
    { san: "Agent.MyService.ZTNA", gives: "agent:myservice" },
    { san: "agent.ztna.ztna", gives: "agent:ztna" },
    { san: "agent.*.b.ztna", gives: "agent:*.b" },
    { san: "agent..ztna", gives: undefined },
    { san: "agent.ztna", gives: undefined },
    { san: ".ztna", gives: undefined },
    { san: ".web.ztna", gives: undefined },
    { san: "myservice.ztna", gives: undefined },
    { san: "admin.x.ztna", gives: undefined },
    { san: "agent.x.ztna.", gives: undefined },
    { san: "agent.x.ztna.example.com", gives: undefined },
    { san: "agent.xztna", gives: undefined },
    { san: "*.x.ztna", gives: undefined },
    { san: "www.example.com", gives: undefined },
  ];
  for (const { san, gives } of table) {
    it(`takes "${san}" for ${gives ?? "nothing"}`, async () => {
      const identity = identityOf(await issue("CN=a", [{ type: "dns", value: san }]));
      assertEquals(
        identity.names.map((name) => `${name.role}:${name.serviceId}`),
        gives === undefined ? [] : [gives],
      );
    });
  }

  it("gives the common name, all names once each, and the end of validity", async () => {
    const der = await issue("O=Somebody, CN=first, CN=second", [
      { type: "dns", value: "connector.a.ztna" },
      { type: "email", value: "agent.mail.ztna" },
      { type: "url", value: "https://agent.url.ztna" },
      { type: "ip", value: "192.0.2.1" },
      { type: "dns", value: "connector.b.ztna" },
      { type: "dns", value: "CONNECTOR.A.ztna" },
    ]);
    assertEquals(identityOf(der), {
      commonName: "first",
      names: [{ role: "connector", serviceId: "a" }, { role: "connector", serviceId: "b" }],
      notAfter: notAfter.getTime(),
    });
  });

  it("gives no names without a subjectAltName extension", async () => {
    assertEquals(identityOf(await issue("CN=a")).names, []);
  });

  it("is not fooled by commas, quotes and prefixes inside one name", () => {
    for (
      const name of [
        'x", DNS:agent.b.ztna',
        "x, DNS:agent.b.ztna",
        "agent.a\0.ztna",
        "agent.a b.ztna",
      ]
    ) {
      const der = handMade({ extensions: [alternativeNames(dns(name))] });
      assertEquals(identityOf(der).names, [], name);
    }
  });

  const commonNames: { form: string; tag: number; bytes: number[]; gives: string }[] = [
    { form: "UTF8String", tag: 0x0c, bytes: ascii("zoë"), gives: "zoë" },
    { form: "PrintableString", tag: 0x13, bytes: ascii("zoe"), gives: "zoe" },
    { form: "TeletexString", tag: 0x14, bytes: [0x7a, 0x6f, 0xeb], gives: "zoë" },
    { form: "BMPString", tag: 0x1e, bytes: [0, 0x7a, 0x20, 0xac], gives: "z€" },
    { form: "UniversalString", tag: 0x1c, bytes: [0, 0, 0, 0x7a, 0, 1, 0xf6, 0], gives: "z😀" },
  ];
  for (const { form, tag, bytes, gives } of commonNames) {
    it(`reads a common name in ${form}`, () => {
      const der = handMade({ subject: tlv(0x30, commonName(tag, bytes)) });
      assertEquals(identityOf(der).commonName, gives);
    });
  }

  it("reads a certificate of version 1 and dates after 2049", () => {
    const validity = tlv(
      0x30,
      tlv(0x17, ascii("500101000000Z")),
      tlv(0x18, ascii("20500228000000Z")),
    );
    const contents = readCertificate(handMade({ version: [], validity }));
    assertEquals(contents?.notBefore, Date.UTC(1950, 0, 1));
    assertEquals(contents?.notAfter, Date.UTC(2050, 1, 28));
  });

  const dates = (from: number[], to: number[]): number[] => tlv(0x30, from, to);
  const good = tlv(0x17, ascii("240101000000Z"));
  const san = alternativeNames(dns("agent.a.ztna"));
  const refused: { what: string; der: () => Uint8Array; code: IdentityErrorCode }[] = [
    { what: "no bytes", der: () => new Uint8Array(), code: "bad_certificate" },
    {
      what: "a trailing byte",
      der: () => Uint8Array.from([...handMade({}), 0]),
      code: "bad_certificate",
    },
    {
      what: "an empty subject",
      der: () => handMade({ subject: tlv(0x30) }),
      code: "no_common_name",
    },
    {
      what: "an empty common name",
      der: () => handMade({ subject: tlv(0x30, commonName(0x0c, [])) }),
      code: "no_common_name",
    },
    {
      what: "a common name that is not UTF-8",
      der: () => handMade({ subject: tlv(0x30, commonName(0x0c, [0xff])) }),
      code: "bad_certificate",
    },
    {
      what: "a common name that is a number",
      der: () => handMade({ subject: tlv(0x30, commonName(0x02, [1])) }),
      code: "bad_certificate",
    },
    {
      what: "half a BMP character",
      der: () => handMade({ subject: tlv(0x30, commonName(0x1e, [0])) }),
      code: "bad_certificate",
    },
    {
      what: "a surrogate in a BMPString",
      der: () => handMade({ subject: tlv(0x30, commonName(0x1e, [0xd8, 0])) }),
      code: "bad_certificate",
    },
    {
      what: "two subjectAltName extensions",
      der: () => handMade({ extensions: [san, san] }),
      code: "bad_certificate",
    },
    {
      what: "a name that is not ASCII",
      der: () => handMade({ extensions: [alternativeNames(tlv(0x82, [0xe9]))] }),
      code: "bad_certificate",
    },
    {
      what: "30 February",
      der: () => handMade({ validity: dates(good, tlv(0x17, ascii("240230000000Z"))) }),
      code: "bad_certificate",
    },
    {
      what: "a time without seconds",
      der: () => handMade({ validity: dates(good, tlv(0x17, ascii("2402300000Z"))) }),
      code: "bad_certificate",
    },
    {
      what: "an indefinite length",
      der: () => Uint8Array.from([0x30, 0x80, 0, 0]),
      code: "bad_certificate",
    },
    {
      what: "a length in too many bytes",
      der: () => Uint8Array.from([0x30, 0x81, 0x03, 0x02, 0x01, 0x01]),
      code: "bad_certificate",
    },
  ];
  for (const { what, der, code } of refused) {
    it(`refuses ${what}`, () => {
      const identity = readIdentity(der());
      assert(isIdentityError(identity));
      assertEquals(identity.code, code);
    });
  }

  it("refuses every truncation of a certificate", async () => {
    const der = await issue("CN=a", [{ type: "dns", value: "agent.a.ztna" }]);
    for (let length = 0; length < der.length; length++) {
      assert(isIdentityError(readIdentity(der.subarray(0, length))), `${length} bytes`);
    }
  });

  it("never throws, whatever bytes it is given", async () => {
    const valid = await issue("CN=a", [{ type: "dns", value: "agent.a.ztna" }]);
    const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(changes, (edits) => {
        const der = valid.slice();
        for (const [at, value] of edits) der[at] = value;
        readIdentity(der);
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (der) => {
      assert(isIdentityError(readIdentity(der)));
    }));
  });

  it("reads back any names that a certificate was issued with", async () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(label, { minLength: 1, maxLength: 8 }), label, async (ids, cn) => {
        const der = await issue(
          `CN=${cn}`,
          ids.map((id) => ({ type: "dns", value: `agent.${id}.ztna` })),
        );
        const identity = identityOf(der);
        assertEquals(identity.commonName, cn);
        assertEquals(identity.names.map((name) => name.serviceId), [...new Set(ids)]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("isAuthorized", () => {
  const restricted: Identity = {
    commonName: "c",
    notAfter: 0,
    names: [{ role: "agent", serviceId: "web" }, { role: "connector", serviceId: "*" }],
  };
  const nameless: Identity = { commonName: "c", notAfter: 0, names: [] };
  const table: {
    identity: Identity | undefined;
    role: "agent" | "connector";
    id: string;
    required: boolean;
    allowed: boolean;
  }[] = [
    { identity: undefined, role: "agent", id: "web", required: false, allowed: true },
    { identity: undefined, role: "agent", id: "web", required: true, allowed: false },
    { identity: nameless, role: "agent", id: "web", required: true, allowed: false },
    { identity: nameless, role: "agent", id: "web", required: false, allowed: false },
    { identity: restricted, role: "agent", id: "web", required: true, allowed: true },
    { identity: restricted, role: "agent", id: "web", required: false, allowed: true },
    { identity: restricted, role: "agent", id: "Web", required: true, allowed: false },
    { identity: restricted, role: "agent", id: "other", required: false, allowed: false },
    { identity: restricted, role: "agent", id: "*", required: true, allowed: false },
    { identity: restricted, role: "agent", id: "", required: true, allowed: false },
    { identity: restricted, role: "connector", id: "Any Thing", required: true, allowed: true },
  ];
  for (const { identity, role, id, required, allowed } of table) {
    const who = identity === undefined ? "nobody" : identity === nameless ? "no names" : "names";
    it(
      `${allowed ? "lets" : "keeps"} a client with ${who} ${allowed ? "be" : "from being"} ` +
        `${role} of "${id}" when certificates are ${required ? "required" : "optional"}`,
      () => {
        assertEquals(isAuthorized(identity, role, id, required), allowed);
      },
    );
  }
});
