import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FileTree } from "../tests/inventory/file_tree.ts";
import { inventoryCases, recordedAnswers } from "../tests/inventory/inventory_case.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function command(...args: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("./inventory.ts", import.meta.url).pathname, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const hosts = `[relays]
r1 ansible_host=192.0.2.1 ansible_port=2222 ansible_user=deploy ansible_become=true
r2 zone="{{ region }}-a"
[relays:vars]
region=eu
ansible_become_password='hunter2'
[connectors]
c1 ansible_connection=local
`;

describe("deno task inventory", () => {
  it("prints what ansible-inventory --list prints", async () => {
    const fleet = inventoryCases().find(({ name }) => name === "fleet")!;
    const source = `${fleet.directory}fleet.yml`;
    const { code, stdout, stderr } = await command("-i", source, "--list", "--json");
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), recordedAnswers(fleet).list);
  });

  it("shows hosts, how they are reached, and their groups", async () => {
    using tree = new FileTree({ hosts });
    const { code, stdout } = await command("-i", tree.path("hosts"), "-l", "all:!r2");
    assertEquals(code, 0);
    assertEquals(
      stdout,
      "HOST  REACHED BY                         GROUPS\n" +
        "r1    ssh deploy@192.0.2.1:2222 as root  relays\n" +
        "c1    local                              connectors\n",
    );
  });

  it("shows where each value of a host was set, and no secrets", async () => {
    using tree = new FileTree({ hosts });
    const { code, stdout } = await command("-i", tree.path("hosts"), "--host", "r2");
    assertEquals(code, 0);
    const lines = stdout.replaceAll(`${tree.directory}/`, "").split("\n").map((line) =>
      line.split(/ {2,}/)
    );
    assertEquals(lines.slice(3), [
      ["VARIABLE", "VALUE", "SET IN"],
      ["ansible_become_password", "********", "hosts:6 (group relays)"],
      ["region", '"eu"', "hosts:5 (group relays)"],
      ["zone", '"eu-a" ("{{ region }}-a")', "hosts:3 (host r2)"],
      [""],
    ]);
  });

  it("prints one host's variables as ansible-inventory --host does", async () => {
    using tree = new FileTree({ hosts });
    const { stdout } = await command("-i", tree.path("hosts"), "--host", "r2", "--json");
    assertEquals(JSON.parse(stdout), {
      ansible_become_password: "hunter2",
      region: "eu",
      zone: "{{ region }}-a",
    });
  });

  it("draws the groups, with variables where that is asked for", async () => {
    using tree = new FileTree({ "hosts": "[a:children]\nb\n[b]\nh x=1\n[b:vars]\ny='\x1b[31m'\n" });
    const { stdout } = await command("-i", tree.path("hosts"), "--graph", "--vars");
    assertEquals(stdout.split("\n"), [
      "@all:",
      "  |--@ungrouped:",
      "  |--@a:",
      "  |  |--@b:",
      "  |  |  |--h",
      "  |  |  |  |--{x = 1}",
      "  |  |  |  |--{y = \\u001b[31m}",
      "  |  |  |--{y = \\u001b[31m}",
      "",
    ]);
  });

  it("warns on standard error, and shows what it can", async () => {
    using tree = new FileTree({ "h.yml": "web: {hosts: {a: {ansible_port: x}}, host: {b: }}" });
    const { code, stdout, stderr } = await command("-i", tree.path("h.yml"));
    assertEquals(code, 0);
    assert(stdout.endsWith("a     ?           web\n"), stdout);
    assert(stderr.includes('the key "host" of group "web" is skipped'), stderr);
    assert(stderr.includes('Cannot use variable "ansible_port" of host "a"'), stderr);
  });

  it("exits with 2 when something is wrong, and prints no result", async () => {
    using tree = new FileTree({ hosts });
    const path = tree.path("hosts");
    const cases: [args: readonly string[], message: string][] = [
      [[], "a file, a directory or a list of hosts must be given"],
      [["-i", tree.path("none")], "there must be such a file or directory"],
      [["-i", path, "-l", "relais"], 'the nearest valid name is "relays"'],
      [["-i", path, "--host", "relays"], '"--host" must name one: "relays" selects 2'],
      [["-i", path, "--list", "--graph"], "as only one may be given"],
      [["-i", path, "--vars"], 'it belongs to "--graph"'],
      [["-i", path, "--graph", "--json"], 'Cannot use "--json" as a graph has no such form'],
      [["-i", path, "extra"], 'Cannot use argument "extra"'],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await command(...args);
      assertEquals([code, stdout], [2, ""], message);
      assert(stderr.includes(message), stderr);
    }
  });
});
