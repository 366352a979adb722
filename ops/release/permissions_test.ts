import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { testedPermissions } from "../../tests/support/program_permissions.ts";
import { programPermissions } from "./permissions.ts";

const root = new URL("../../", import.meta.url);

/** Runs a module's text with these flags, and gives what it prints. */
async function run(flags: readonly string[], text: string): Promise<string> {
  using directory = temporaryDirectory();
  const file = `${directory.path}/module.ts`;
  Deno.writeTextFileSync(file, text);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", "--cached-only"],
      ...[`--config=${new URL("deno.json", root).pathname}`, ...flags, file],
    ],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync({ prefix: "permissions" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

describe("programPermissions", () => {
  it("name directories, variables and libraries, and nothing twice", () => {
    const flags = programPermissions("relay", {
      read: ["/etc/ztna", "/opt/keys"],
      nativeLibrary: "/opt/ztna/current/quic.node",
    });
    assertEquals(flags, [
      "--allow-net",
      "--allow-read=/etc/ztna,/opt/keys",
      "--allow-env=ZTNA_RELEASE,NOTIFY_SOCKET",
      `--allow-ffi=/opt/ztna/current/quic.node,/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
    ]);
    assertEquals(programPermissions("application", { read: ["/etc/ztna"] }), ["--allow-net"]);
  });

  it(
    "leave system calls alone: fast sockets, open files",
    { skip: Deno.build.os !== "linux" },
    async () => {
      const socket = new URL("tunnel/quic/udp_socket.ts", root).href;
      const files = new URL("tunnel/open_files.ts", root).href;
      const text = `
      import { UdpSocket } from ${JSON.stringify(socket)};
      import { countOpenFiles } from ${JSON.stringify(files)};
      const socket = UdpSocket.bind({ hostname: "127.0.0.1", port: 0 });
      console.log(socket.receiveBufferBytes > 0, countOpenFiles() > 2);
      Deno.exit();`;
      assertEquals(await run(testedPermissions(["/etc/ztna"]), text), "true true\n");
    },
  );

  const forbidden: Readonly<Record<string, string>> = {
    "reading elsewhere": 'Deno.readTextFileSync("/etc/hostname")',
    "writing, also what may be read": 'Deno.writeTextFileSync("/etc/ztna/relay.json", "")',
    "child processes": 'new Deno.Command("true").outputSync()',
    "other variables": 'Deno.env.get("HOME")',
    "system information": "Deno.hostname()",
    "other libraries": 'Deno.dlopen("libm.so.6", {})',
  };
  for (const [what, expression] of Object.entries(forbidden)) {
    it(`forbid ${what}`, async () => {
      assertMatch(await run(testedPermissions(["/etc/ztna"]), expression), /NotCapable: Requires/);
    });
  }
});
