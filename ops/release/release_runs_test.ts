import { assertEquals, assertMatch } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates } from "../../tests/support/certificates.ts";
import { skipIf } from "../../tests/support/required_tests.ts";
import { canMount } from "../../tests/support/small_disk.ts";
import { buildRelease } from "./build/build_release.ts";
import type { Release } from "./release.ts";
import { TestHost } from "./test_host.ts";
import { uploadRelease } from "./upload.ts";
import { switchScript } from "./activation.ts";

const root = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const skip = skipIf(!canMount(), "network namespaces need root: run them with sudo");

/**
 * Runs a script on a host that has nothing but loopback, `/opt/ztna` and `/etc/ztna`. Arguments:
 * what becomes `/opt/ztna`, what becomes `/etc/ztna`, the script and its arguments.
 */
const isolate = `set -eu
ip link set lo up
mount -t tmpfs none /opt
mkdir /opt/ztna
mount --bind "$1" /opt/ztna
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
cp -R "$2" /etc/ztna
chown -R 65534:65534 /etc/ztna
shift 2
# start WORD...: as nobody, without a home, an environment or anything that could be written.
start() {
  unshare --mount sh -euc '
    for at in / /etc /opt /opt/ztna; do mount -o remount,bind,ro "$at"; done
    mount -t tmpfs -o ro none /tmp
    exec env -i setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"' sh "$@"
}
`;

/** Runs relay, connector and application, and sends packets through them. */
const tunnel = `
bin=/opt/ztna/current/bin
start $bin/application 127.0.0.1 9999 >&2 &
start $bin/relay --config /etc/ztna/relay.json >&2 &
start $bin/connector --config /etc/ztna/connector.json >&2 &
ready() {
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return
  printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3
  read -r version code rest <&3
  exec 3<&-
  [ "$code" = 200 ]
} 2>/dev/null
until ready 9090 && ready 9091; do sleep 0.1; done
"$@"
`;

describe("a release on a host", { skip }, () => {
  let host: TestHost;
  let release: Release;
  let certificates: TestCertificates;
  const { signal } = new AbortController();

  before(async () => {
    release = await buildRelease({ checkout: root, platform: "linux-x64", signal });
    host = await TestHost.open();
    const options = { root: host.root, signal };
    await uploadRelease(host.connection, release, await host.facts(release), options);
    await host.run(switchScript(release.id, host.root));
    certificates = await TestCertificates.create();
    await certificates.server("relay");
    await certificates.client("connector", "connector", ["web"]);
    await certificates.client("agent", "agent", ["web"]);
    const tls = (name: string): string => `/etc/ztna/${name}`;
    const write = (name: string, config: unknown): void =>
      Deno.writeTextFileSync(`${certificates.directory}/${name}`, JSON.stringify(config));
    write("relay.json", {
      port: 4433,
      bind_addr: "127.0.0.1",
      cert_path: tls("relay.pem"),
      key_path: tls("relay.key"),
      ca_cert_path: tls("ca.pem"),
      require_client_cert: true,
    });
    write("connector.json", {
      intermediate_server: { host: "127.0.0.1", port: 4433, server_name: "ztna-server" },
      services: [{ id: "web", backend: "127.0.0.1:9999", protocol: "udp" }],
      ca_cert: tls("ca.pem"),
      client_cert: tls("connector.pem"),
      client_key: tls("connector.key"),
    });
  });
  after(async () => {
    await host?.[Symbol.asyncDispose]();
    certificates?.[Symbol.dispose]();
  });

  /** Runs a script with arguments on the isolated host. All of its processes end with it. */
  async function onHost(script: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
        ...["bash", "-c", isolate + script, "bash", host.root, certificates.directory, ...args],
      ],
      signal: AbortSignal.timeout(120_000),
    }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    assertEquals(code, 0, text(stderr));
    return text(stdout);
  }

  for (const program of ["relay", "connector"]) {
    it(`starts its ${program} without a home, a cache or a network`, async () => {
      const printed = await onHost(`start /opt/ztna/current/bin/${program} --version`);
      assertMatch(printed, new RegExp(`^deno task ${program} ${release.version}\n$`));
    });
  }

  it("has programs that nothing is left to write to", async () => {
    const places = ["/x", "/tmp/x", "/etc/ztna/x", "/opt/x", "/opt/ztna/x", "/opt/ztna/current/x"];
    const printed = await onHost(
      'start sh -c \'for place do touch "$place" 2>/dev/null || echo "$place"; done\' sh "$@"',
      ...places,
    );
    assertEquals(printed.trim().split("\n"), places);
  });

  it("carries packets, from the agent to the application and back", async () => {
    const pem = (name: string): string => `${certificates.directory}/${name}`;
    const printed = await onHost(
      tunnel,
      ...[Deno.execPath(), "run", "-A", "--no-check", "--cached-only", `${root}/ops/probe.ts`],
      ...["--relay", "127.0.0.1:4433", "--service", "web", "--count", "50", "--rate", "200"],
      ...["--ca", pem("ca.pem"), "--cert", pem("agent.pem"), "--key", pem("agent.key")],
      ...["--server-name", "ztna-server", "--json"],
    );
    const { sent, received, lost, duplicated } = JSON.parse(printed) as Record<string, unknown>;
    assertEquals({ sent, received, lost, duplicated }, {
      sent: 50,
      received: 50,
      lost: 0,
      duplicated: 0,
    });
  });

  it("says which release runs", async () => {
    const printed = await onHost(
      tunnel,
      "bash",
      "-c",
      `
      exec 3<>/dev/tcp/127.0.0.1/9090
      printf 'GET /status HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3
      cat <&3`,
    );
    assertMatch(printed, new RegExp(`"release":\\s*"${release.id}"`));
  });
});
