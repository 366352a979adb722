import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FileTree } from "../../../tests/inventory/file_tree.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import type { Inventory } from "./inventory.ts";
import { loadInventory } from "./load_inventory.ts";

// What Ansible makes of 50 inventories, and that we make the same of them, is in tests/inventory.

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Loads one file of some; the directory is cut out of all messages. */
async function load(files: Files, source: string): Promise<Inventory> {
  using tree = new FileTree(files);
  return await loadInventory([tree.path(source)]);
}

async function mistakes(files: Files, source: string): Promise<string[]> {
  using tree = new FileTree(files);
  const error = await assertRejects(() => loadInventory([tree.path(source)]), ConfigError);
  return error.message.replaceAll(`${tree.directory}/`, "").split("\n");
}

async function warnings(files: Files, source: string): Promise<string[]> {
  using tree = new FileTree(files);
  const inventory = await loadInventory([tree.path(source)]);
  return inventory.warnings.map((text) => text.replaceAll(`${tree.directory}/`, ""));
}

describe("loadInventory", () => {
  it("says where every value was written", async () => {
    using tree = new FileTree({
      "hosts": "[relays]\nr1 a=host\nr2\n[relays:vars]\n\nb=group\nc=lost\n",
      "group_vars/relays/main.yml": "# first\nc: file\n",
      "group_vars/all.json": '{\n  "d": 1\n}',
      "host_vars/r1": "e: 1\n",
      "more.sh": '#!/bin/sh\necho \'{"_meta": {"hostvars": {"r1": {"f": 1}}}, "x": ["r1"]}\'',
    });
    const inventory = await loadInventory([
      tree.path("hosts"),
      tree.path("more.sh"),
      "r1:22,r3:23",
    ]);
    const origins = (name: string, ...variables: string[]): (string | undefined)[] =>
      variables.map((variable) =>
        inventory.hosts.get(name)?.originOf(variable)?.replace(`${tree.directory}/`, "")
      );
    assertEquals(origins("r1", "a", "b", "c", "d", "e", "f"), [
      "hosts:2 (host r1)",
      "hosts:6 (group relays)",
      "group_vars/relays/main.yml:2 (group relays)",
      "group_vars/all.json:2 (group all)",
      "host_vars/r1:1 (host r1)",
      "more.sh --list (host r1)",
    ]);
    assertEquals(origins("r3", "ansible_port"), ["r1:22,r3:23 (host r3)"]);
    assertEquals(origins("r2", "a", "constructor", "__proto__"), [undefined, undefined, undefined]);
  });

  it("knows which file named a host first", async () => {
    using tree = new FileTree({ "a/hosts": "h1", "b/hosts": "h1\nh2" });
    const inventory = await loadInventory([tree.path("a/hosts"), tree.path("b/hosts"), "h3,"]);
    assertEquals([...inventory.hosts.values()].map(({ sourceFile }) => sourceFile), [
      tree.path("a/hosts"),
      tree.path("b/hosts"),
      undefined,
    ]);
  });

  it("gives hosts and groups in the order of the text", async () => {
    const inventory = await load({ "hosts": "z\n[web]\ny\nx\n[app:children]\nweb\n" }, "hosts");
    assertEquals([...inventory.hosts.keys()], ["z", "y", "x"]);
    assertEquals([...inventory.groups.keys()], ["all", "ungrouped", "web", "app"]);
    assertEquals(inventory.groups.get("app")?.hosts, ["y", "x"]);
    assertEquals(inventory.hosts.get("y")?.groups.toSorted(), ["all", "app", "web"]);
  });

  it("takes dangerous names for names", async () => {
    const text = "[__proto__]\nconstructor __proto__=1 toString=2\n[__proto__:vars]\nvalueOf=3\n";
    const inventory = await load({ "hosts": text }, "hosts");
    const { variables } = inventory.hosts.get("constructor")!;
    assertEquals(Object.entries(variables), [["valueOf", 3], ["__proto__", 1], ["toString", 2]]);
    assertEquals(inventory.groups.get("__proto__")?.ownHosts, ["constructor"]);
  });

  it("warns of what is odd", async () => {
    const cases: [files: Files, source: string, warning: string][] = [
      [
        { "hosts": "[web]\ndb\n[db]\nh\n" },
        "hosts",
        'hosts:3: "db" is a host and a group; variables set for either become the group\'s',
      ],
      [
        { "i/hosts": "h", "i/old.ini": "x" },
        "i",
        "i/old.ini: is not read: in a directory Ansible ignores .ini",
      ],
      [{ "hosts.yml": "# nothing" }, "hosts.yml", "hosts.yml: holds nothing"],
      [
        {
          "hosts": "h",
          "group_vars/relay.yml": "a: 1",
          "group_vars/.x.yml": "",
          "group_vars/x.txt": "",
        },
        "hosts",
        "group_vars: the inventory has nothing of the name of relay.yml",
      ],
      [
        { "hosts": "h", "host_vars/h": "a: 1", "host_vars/h.yml": "a: 2" },
        "hosts",
        "host_vars/h.yml: is not read, since there is h beside it",
      ],
      [
        { "hosts": "h", "group_vars": "x" },
        "hosts",
        "group_vars: is not read, since it is no directory",
      ],
      [
        { "hosts": "h", "group_vars/all": "a: 1\na: 2" },
        "hosts",
        'group_vars/all:2: the key "a" is there twice; its last value counts',
      ],
      [
        { "i.sh": "#!/bin/sh\nprintf '\\033[31mslow\\n' >&2; echo '{}'" },
        "i.sh",
        "i.sh --list: \\u001b[31mslow",
      ],
    ];
    for (const [files, source, warning] of cases) {
      assertEquals(await warnings(files, source), [warning]);
    }
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`host_vars/h${i}.yml`, "a: 1\na: 2"]),
    );
    const shown = await warnings({ ...many, "hosts": "h[0:29]" }, "hosts");
    assertEquals(shown.length, 21);
    assertEquals(shown.at(-1), "10 more warnings are not shown");
  });

  const wrong: [what: string, files: Files, source: string, mistake: string][] = [
    [
      "no file",
      {},
      "hosts",
      "Cannot use the inventory as there must be such a file or directory (or hosts with commas, ",
    ],
    ["an empty directory", { "i/x.md": "" }, "i", "Cannot use the inventory "],
    [
      "a TOML file",
      { "i.toml": "" },
      "i.toml",
      "Cannot read i.toml as there is no support for TOML",
    ],
    [
      "a loop of groups",
      { "hosts": "[a:children]\nb\n[b:children]\na\n" },
      "hosts",
      'Cannot use the groups of the inventory as no group may be a part of itself: current value is "b" > "a" > "b" (hosts:4, hosts:2)',
    ],
    [
      "a group in itself",
      { "h.yml": "a:\n  children:\n    a:\n" },
      "h.yml",
      'Cannot read h.yml:3 as a group must not be a child of itself: current value is "a"',
    ],
    [
      "all as a child",
      { "h": "[a:children]\nall\n" },
      "h",
      'Cannot read h:2 as the group "all" holds every group, and is in none',
    ],
    [
      "ungrouped as a child",
      { "h": "[a:children]\nungrouped\n" },
      "h",
      'Cannot read h:2 as the group "ungrouped" is for hosts in no other group',
    ],
    [
      "a host named all",
      { "h": "all\n" },
      "h",
      'Cannot read h:1 as a host must not have the name "all"',
    ],
    [
      "a priority that is no number",
      { "h": "[a]\n[a:vars]\nansible_group_priority=high\n" },
      "h",
      'Cannot read h:3 as "ansible_group_priority" must be a whole number: current value is "high"',
    ],
    [
      "control characters in names",
      { "h": "a\x1b]0;x\x07\n" },
      "h",
      'Cannot read h:1 as the name of a host must have no control characters: current value is "a\\u001b]0;x\\u0007"',
    ],
    [
      "long names",
      { "h": "a".repeat(300) },
      "h",
      "Cannot read h:1 as the name of a host may have 253 characters",
    ],
    [
      "bytes that are no UTF-8",
      { "h": new Uint8Array([0x61, 0x0a, 0xff]) },
      "h",
      "Cannot read h:2 as it must be a text in UTF-8",
    ],
    [
      "NUL characters",
      { "h": "a\n\0" },
      "h",
      "Cannot read h:2 as it must be a text, without NUL characters",
    ],
    [
      "a huge file",
      { "h": new Uint8Array(5_000_000).fill(0x61) },
      "h",
      "Cannot read h as a file of an inventory may have at most 4194304 bytes",
    ],
    [
      "an encrypted file",
      { "h": "$ANSIBLE_VAULT;1.1;AES256\n33" },
      "h",
      "Cannot read h as there is no support for Ansible Vault: decrypt it",
    ],
    [
      "encrypted variables",
      { "h": "a", "group_vars/all": "$ANSIBLE_VAULT;1.1;AES256\n33" },
      "h",
      "Cannot read group_vars/all as there is no support for Ansible Vault",
    ],
    [
      "variables that are no mapping",
      { "h": "a", "host_vars/a": "- 1" },
      "h",
      "Cannot read host_vars/a:1 as variables must be a mapping of names and values, and not a list of 1",
    ],
    [
      "too many hosts",
      { "h": "a[1:60000]\nb[1:60000]" },
      "h",
      "Cannot read h:2 as an inventory may have at most 100000 hosts",
    ],
    [
      "what is no JSON",
      { "h.json": '{\n"a": {' },
      "h.json",
      'Cannot read h.json:2 as JSON: a key in double quotes or "}" is expected here instead of the end of the file',
    ],
    ["broken YAML", { "h": "all:\n  hosts: {a: [}\n" }, "h", "Cannot read h:2 as YAML: "],
    [
      "broken INI",
      { "h": "[web]\na b\n" },
      "h",
      "Cannot read h:2 as variables of a host must be NAME=VALUE",
    ],
    [
      "YAML with another extension",
      { "h.ini": "all:\n" },
      "h.ini",
      'Cannot read h.ini:1 as a host must not end in ":", which is for its port; a YAML inventory must be named .yml or .yaml',
    ],
    [
      "an answer that is no JSON",
      { "i": "#!/bin/sh\necho nonsense" },
      "i",
      "Cannot read i --list:1 as JSON: a value is expected here",
    ],
    [
      "an answer for one host that is none",
      { "i": '#!/bin/sh\n[ $1 = --list ] && echo \'{"a": ["h"]}\' || echo []' },
      "i",
      'Cannot read i --host h as the variables of host "h" must be an object',
    ],
  ];
  for (const [what, files, source, mistake] of wrong) {
    it(`refuses ${what}`, async () => {
      const messages = await mistakes(files, source);
      assert(messages[0]?.startsWith(mistake), messages.join("\n"));
      assert(!/[\p{Cc}]/u.test(messages.join("")), "it is safe to print");
    });
  }

  it("says so when a program has no permission to be one", async () => {
    using tree = new FileTree({ "i": "#!/usr/bin/env python3\nprint(x, y)\n" });
    Deno.chmodSync(tree.path("i"), 0o644);
    const { message } = await assertRejects(() => loadInventory([tree.path("i")]), ConfigError);
    assert(
      message.endsWith("must have the permission to be executed (chmod +x) to be one"),
      message,
    );
  });

  it("never runs a text that merely may be executed", async () => {
    using tree = new FileTree({ "hosts": "touch\nrm\n" });
    Deno.chmodSync(tree.path("hosts"), 0o755);
    const inventory = await loadInventory([tree.path("hosts")]);
    assertEquals([...inventory.hosts.keys()], ["touch", "rm"]);
  });

  it("asks for each host where the program knows no variables, and stops at the first failure", async () => {
    using tree = new FileTree({
      "i": `#!/bin/sh
cd "$(dirname "$0")"
[ "$1" = --list ] && { echo '{"a": ["h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9"]}'; exit; }
echo "$2" >> asked; [ -e fail ] && exit 1
[ "$2" = h2 ] || echo "{\\"name\\": \\"$2\\"}"
`,
    });
    const inventory = await loadInventory([tree.path("i")]);
    assertEquals(inventory.hosts.get("h9")?.variables, { name: "h9" });
    assertEquals(inventory.hosts.get("h2")?.variables, {});
    const asked = (): number => Deno.readTextFileSync(tree.path("asked")).trim().split("\n").length;
    assertEquals(asked(), 9);
    Deno.writeTextFileSync(tree.path("fail"), "");
    await assertRejects(() => loadInventory([tree.path("i")]), ConfigError, "ended with code 1");
    assert(asked() < 18, `${asked()}`);
  });

  it("ends when it is told to", async () => {
    using tree = new FileTree({ "i": "#!/bin/sh\nsleep 600" });
    const signal = AbortSignal.timeout(200);
    await assertRejects(() => loadInventory([tree.path("i")], { signal }), DOMException);
    await assertRejects(
      () => loadInventory([tree.path("i")], { scriptTimeoutMs: 200 }),
      ConfigError,
      "must answer within 0.2 s",
    );
  });

  it("wants a source", async () => {
    await assertRejects(() => loadInventory([]), ConfigError, "must be given");
  });

  it("ignores links to nothing, as editors leave them", async () => {
    using tree = new FileTree({ "i/hosts": "h", "host_vars/h.yml": "a: 1", "hosts": "h" });
    Deno.symlinkSync("nobody@nowhere.1", tree.path("host_vars/.#h.yml"));
    Deno.symlinkSync("nowhere", tree.path("i/dangling"));
    assertEquals((await loadInventory([tree.path("i")])).hosts.size, 1);
    const inventory = await loadInventory([tree.path("hosts")]);
    assertEquals(inventory.hosts.get("h")?.variables, { a: 1 });
  });
});
