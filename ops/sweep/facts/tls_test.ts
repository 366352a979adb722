import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { TestCertificates } from "../../../tests/support/certificates.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { hostPaths } from "../../host_paths.ts";
import { readCertificates } from "../host_certificate.ts";
import { tls, type TlsFacts } from "./tls.ts";
import { parse } from "./test_source.ts";

const host = {
  ...everyRoleHost,
  connector: undefined,
  application: undefined,
  metrics: undefined,
};
const question = { host, sinceSeconds: undefined };

/** What the script says of a directory that stands in for `/etc/ztna`. */
async function look(prepare: string): Promise<TlsFacts | undefined> {
  const directory = Deno.makeTempDirSync({ prefix: "tls" });
  try {
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        `${prepare}\n${tls.script(question).replaceAll(hostPaths.config, directory)}`,
      ],
      cwd: directory,
    }).output();
    const output = new TextDecoder().decode(stdout).replaceAll(directory, hostPaths.config);
    return tls.parse(output, question);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

const at = (name: string): string => `${hostPaths.tls}/${name}`;

describe("the TLS files of a host", { skip: needsLinux }, () => {
  it("are its certificates, who may read what, and which key is whose; but no key", async () => {
    using certificates = await TestCertificates.create();
    const relay = await certificates.server();
    const { paths, certificates: texts, publicKeys, tellsPublicKeys } = (await look(
      `mkdir -m 0750 tls
      cp '${relay.certificateFile}' tls/relay.pem; cp '${certificates.caFile}' tls/ca.pem
      install -m 0604 '${relay.keyFile}' tls/relay.key`,
    ))!;
    assertEquals([paths[at("relay.key")]?.type, paths[at("relay.key")]?.mode], ["file", 0o604]);
    assertEquals([paths[hostPaths.tls]?.type, paths[hostPaths.tls]?.mode], ["directory", 0o750]);
    assertEquals(texts[at("relay.pem")], relay.certificatePem);
    if (tellsPublicKeys) {
      const [leaf] = readCertificates(relay.certificatePem);
      assertEquals(publicKeys[at("relay.key")], leaf?.publicKey);
    }
    const secret = relay.keyPem.split("\n")[1]!;
    assertEquals(JSON.stringify({ paths, texts, publicKeys }).includes(secret), false);
  });

  it("are looked at as they are: links are not followed, and what is missing is missing", async () => {
    const found = await look("mkdir tls; ln -s /etc/passwd tls/relay.key");
    assertEquals(found?.paths[at("relay.key")]?.type, "link");
    assertEquals(found?.paths[at("retry.key")], undefined);
    assertEquals(found?.certificates, {});
  });

  it("are none of an answer that is cut off, or too long", () => {
    assertEquals(parse(tls, "openssl\n"), undefined);
    assertEquals(parse(tls, `${"x".repeat(200_000)}\nend\n`), undefined);
  });

  it("are only those that were asked for", () => {
    const output = "path /etc/shadow 81a4 root root\npath /etc/ztna zz root root\nend\n";
    assertEquals(parse(tls, output)?.paths, {});
  });
});
