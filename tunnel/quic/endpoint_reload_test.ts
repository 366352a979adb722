import { assert, assertEquals, assertThrows } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import { RecordingHandler } from "../../tests/support/recording_handler.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { ConfigError } from "../errors.ts";
import { readPem } from "../pem.ts";
import { QuicEndpoint } from "./endpoint.ts";
import type { TlsIdentity } from "./tls_config.ts";

let certificates: TestCertificates;
let first: TestIdentity;
let second: TestIdentity;

before(async () => {
  certificates = await TestCertificates.create();
  first = await certificates.server("first");
  second = await certificates.server("second");
});
after(() => certificates[Symbol.dispose]());

function der(pem: string): Uint8Array {
  return readPem(pem)[0]!.der!;
}

let copies = 0;

/** A copy of `identity`'s files that a test may replace. */
function copyFiles(identity: TestIdentity): TlsIdentity {
  const base = `${certificates.directory}/copy-${++copies}`;
  const files = { certificateFile: `${base}.pem`, keyFile: `${base}.key` };
  writeFiles(files, identity);
  return files;
}

function writeFiles(files: TlsIdentity, identity: TestIdentity): void {
  Deno.writeTextFileSync(files.certificateFile, identity.certificatePem);
  Deno.writeTextFileSync(files.keyFile, identity.keyPem);
}

describe("QuicEndpoint.reloadTls", () => {
  for (const clientCertificate of ["none", "request", "require"] as const) {
    it(`serves new connections with the new certificate, old ones go on (${clientCertificate})`, async () => {
      await using lab = new QuicLab(certificates, first);
      const { caFile } = certificates;
      const files = copyFiles(first);
      const agent = await certificates.client("agent", "agent-1", ["web"]);
      const tls = { caFile, verifyPeer: true, identity: agent };
      const server = lab.startServer({ tls: { identity: files, caFile, clientCertificate } });
      const old = await lab.connectEstablished(server.endpoint.address, { tls });
      await waitFor(() => server.handler.established.length === 1, "the server's side");
      writeFiles(files, second);
      const between = await lab.connectEstablished(server.endpoint.address, { tls });
      server.endpoint.reloadTls();
      const fresh = await lab.connectEstablished(server.endpoint.address, { tls });
      assertEquals(old.connection.peerCertificates()[0], der(first.certificatePem));
      assertEquals(between.connection.peerCertificates()[0], der(first.certificatePem));
      assertEquals(fresh.connection.peerCertificates()[0], der(second.certificatePem));
      for (const { connection } of [old, between, fresh]) {
        const count = server.handler.datagrams.length;
        await waitFor(() => {
          connection.sendDatagram(new Uint8Array([1]));
          return server.handler.datagrams.length > count;
        }, "a DATAGRAM");
      }
      assertEquals(server.handler.closed, []);
    });
  }

  const broken: { what: string; breakFiles: (files: TlsIdentity) => void }[] = [
    {
      what: "a missing certificate",
      breakFiles: (files) => Deno.removeSync(files.certificateFile),
    },
    { what: "a missing key", breakFiles: (files) => Deno.removeSync(files.keyFile) },
    {
      what: "a certificate that is no PEM",
      breakFiles: (files) => Deno.writeTextFileSync(files.certificateFile, "nonsense"),
    },
    {
      what: "an empty key",
      breakFiles: (files) => Deno.writeTextFileSync(files.keyFile, ""),
    },
    {
      what: "a certificate that is cut off",
      breakFiles: (files) =>
        Deno.writeTextFileSync(files.certificateFile, first.certificatePem.slice(0, 200)),
    },
    {
      what: "the key of another certificate",
      breakFiles: (files) => Deno.writeTextFileSync(files.keyFile, second.keyPem),
    },
  ];
  for (const { what, breakFiles } of broken) {
    for (const clientCertificate of ["none", "require"] as const) {
      it(`keeps the old certificate when there is ${what} (${clientCertificate})`, async () => {
        await using lab = new QuicLab(certificates, first);
        const { caFile } = certificates;
        const files = copyFiles(first);
        const agent = await certificates.client("agent", "agent-1", ["web"]);
        const server = lab.startServer({ tls: { identity: files, caFile, clientCertificate } });
        breakFiles(files);
        const error = assertThrows(() => server.endpoint.reloadTls(), ConfigError);
        const names = [files.certificateFile, files.keyFile];
        assert(names.some((name) => error.message.includes(`"${name}"`)), error.message);
        const client = await lab.connectEstablished(server.endpoint.address, {
          tls: { caFile, verifyPeer: true, identity: agent },
        });
        assertEquals(client.connection.peerCertificates()[0], der(first.certificatePem));
      });
    }
  }

  it("does nothing for an endpoint that is a client only", async () => {
    await using lab = new QuicLab(certificates, first);
    const { client, server } = await lab.connectedPair();
    client.endpoint.reloadTls();
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a DATAGRAM");
  });
});

describe("QuicEndpoint.bind", () => {
  const handler = new RecordingHandler();
  const bind = (identity: TlsIdentity, port = 0): QuicEndpoint =>
    QuicEndpoint.bind({
      hostname: "127.0.0.1",
      port,
      server: { tls: { identity, clientCertificate: "none" }, retry: undefined, handler },
    });

  it("refuses a port that is in use, and leaves its user alone", async () => {
    await using lab = new QuicLab(certificates, first);
    const { server, client } = await lab.connectedPair();
    const { port } = server.endpoint.address;
    assertThrows(() => bind(first, port), ConfigError, `127.0.0.1:${port} as another program`);
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a DATAGRAM");
  });

  it("refuses files that it cannot use, and takes no port then", () => {
    const missing = { certificateFile: "/nonexistent/a.pem", keyFile: first.keyFile };
    assertThrows(() => bind(missing), ConfigError, '"/nonexistent/a.pem"');
    const mixed = { certificateFile: first.certificateFile, keyFile: second.keyFile };
    assertThrows(() => bind(mixed), ConfigError, `"${second.keyFile}"`);
  });

  it("refuses to require client certificates of no authority", () => {
    const tls = { identity: first, clientCertificate: "require" } as const;
    assertThrows(
      () =>
        QuicEndpoint.bind({
          hostname: "127.0.0.1",
          port: 0,
          server: { tls, retry: undefined, handler },
        }),
      ConfigError,
      "Cannot require client certificates as no CA file is given",
    );
  });

  it("refuses an instance that has not 4 bytes", () => {
    assertThrows(
      () => QuicEndpoint.bind({ hostname: "127.0.0.1", port: 0, instance: new Uint8Array(3) }),
      RangeError,
    );
  });
});
