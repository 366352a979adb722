import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { HostError } from "../errors.ts";
import { parseFacts } from "./parse_facts.ts";
import { planChanges } from "./plan.ts";
import type { Play } from "./resource.ts";

const nonce = "0123456789abcdef";
const options = { nonce, diff: true, extras: [{ id: "uptime", script: "cat /proc/uptime" }] };
const owned = { mode: 0o644, owner: "root", group: "ztna" };
const play: Play = {
  resources: [
    { kind: "user", id: "user", name: "ztna", home: "/var/lib/ztna" },
    { kind: "file", id: "file", path: "/etc/a", contents: "1", ...owned },
    { kind: "file", id: "file 2", path: "/etc/b", contents: "2", ...owned },
    { kind: "link", id: "link", path: "/etc/l", target: "a" },
    { kind: "package", id: "package", name: "nftables" },
    { kind: "sysctl", id: "sysctl", name: "net.core.rmem_max", value: 1 },
    { kind: "service", id: "service", unit: "a.service", enabled: true, active: true },
    { kind: "firewall", id: "firewall", transport: "udp", port: 4433 },
    { kind: "command", id: "command", summary: "do", unless: "false", script: "true" },
  ],
  handlers: [{ id: "h", summary: "handle", script: "true" }],
};
const hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";

/** The answer of a host, part by part. */
const parts: Readonly<Record<string, string>> = {
  paths: " 0 1 2\n81a4 1 root:ztna\n81a4 5 root:ztna\na1ff 1 root:root\n",
  digests: ` 0\n${hash}  /etc/a\n`,
  targets: ` 2\n${btoa("a\0")}\n`,
  contents: `0 ${btoa("1")}\n1 ${btoa("hello")}\n`,
  parents: "1\n",
  users: "ztna:x:998:997::/var/lib/ztna:/usr/sbin/nologin\n",
  groups: "ztna:x:997:\n",
  packages: "nftables installed\n",
  sysctls: "w\n/proc/sys/net/core/rmem_max:1\n" +
    "/etc/sysctl.d/60-ztna-net.core.rmem_max.conf:net.core.rmem_max = 1\n",
  units: "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n\n" +
    "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n",
  firewalls: "nftables 0\nclosed inet filter input\n\n",
  conditions: "1\n",
  pending: "0\n",
  "extra 0": "raw",
  "extra 0 has ended": "0\n",
  end: "",
};

function answer(changed: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...parts, ...changed })
    .map(([name, text]) => `\n${nonce} ${name}\n${text}`).join("");
}

/** Damage to one part, and what is said of it. */
const damages: readonly [part: string, text: string, message: string][] = [
  ["paths", " 0\n", "has 0 lines for 1 paths"],
  ["paths", " 0\n81a4 1 root:root\n81a4 1 root:root\n", "has 2 lines for 1 paths"],
  ["paths", " x\n81a4 1 root:root\n", `has no number where one must be: "x"`],
  ["paths", " 99\n81a4 1 root:root\n", "has the number 99, which no path has"],
  ["paths", " 0\nrubbish\n", `describes no file: "rubbish"`],
  ["paths", " 0\n\u001b]0;title\u0007\n", String.raw`"\u001b]0;title\u0007"`],
  ["digests", " 0\n", "has 0 lines for 1 paths"],
  ["digests", " 0\nabc  /etc/a\n", `has no digest: "abc  /etc/a"`],
  ["targets", " 2\n????\n", `has no base64: "????"`],
  ["targets", ` 2\n${btoa("a\0b\0")}\n`, "has 2 targets for 1 links"],
  ["contents", "0\n", "has no number where one must be"],
  ["parents", "\n", "instead of 1 answers"],
  ["parents", "2\n", `has "2" instead of 1 answers`],
  ["users", "root\n", `describes no user: "root"`],
  ["users", "a:x:-1:0::/:/\n", `has no number where one must be: "-1"`],
  ["groups", "root\n", `describes no group: "root"`],
  ["groups", `a:x:${"9".repeat(400)}:\n`, "has no number where one must be"],
  ["packages", "nftables\n", `describes no package: "nftables"`],
  ["sysctls", "", `has no access for "net.core.rmem_max"`],
  ["sysctls", "x\n", `has no access for "net.core.rmem_max"`],
  ["units", "", "has 0 units instead of 2 (is systemd running there?)"],
  ["units", "LoadState=loaded\n\nLoadState=loaded\n", `has no ActiveState for "a.service"`],
  ["firewalls", "", `has no manager: ""`],
  ["firewalls", "iptables 0\n\n", `has no manager: "iptables 0"`],
  ["firewalls", "nftables 0\nwhat\n\n", `describes no chain: "what"`],
  ["conditions", "", `has no number where one must be: ""`],
  ["pending", "00\n", `has "00" instead of 1 answers`],
  ["extra 0 has ended", "x\n", `has no number where one must be: "x"`],
];

describe("facts", () => {
  it("are read from a host's answer", () => {
    const facts = parseFacts(play, "h1", answer(), options);
    assertEquals(facts.paths.get("/etc/a"), {
      type: "file",
      mode: 0o644,
      owner: "root",
      group: "ztna",
      bytes: 1,
      sha256: hash,
      contents: new TextEncoder().encode("1"),
    });
    assertEquals(facts.paths.get("/etc/l")?.target, "a");
    assertEquals([...facts.parents], ["/etc"]);
    assertEquals(facts.users.get("ztna")?.gid, 997);
    assertEquals(facts.groups.get("ztna"), 997);
    assertEquals(facts.packages.get("nftables"), "installed");
    assertEquals(facts.sysctls.get("net.core.rmem_max"), {
      access: "settable",
      value: 1,
      persisted: 1,
    });
    assertEquals(facts.units.get("a.service")?.activeState, "active");
    assertEquals(facts.firewalls.get("firewall")?.chains, [
      { name: "inet filter input", open: false },
    ]);
    assertEquals(facts.conditions.get("command"), false);
    assertEquals(facts.extras.get("uptime"), { code: 0, stdout: "raw" });
  });

  it("may have noise around them", () => {
    const noisy = `Last login: today\n${nonce}\n${answer()}bye\n`;
    assertEquals(
      parseFacts(play, "h1", noisy, options).paths,
      parseFacts(play, "h1", answer(), options).paths,
    );
  });

  for (const [part, text, message] of damages) {
    it(`are refused when the part "${part}" is ${JSON.stringify(text.slice(0, 40))}`, () => {
      const error = assertThrows(
        () => parseFacts(play, "h1", answer({ [part]: text }), options),
        HostError,
        message,
      );
      assertEquals(error.message.includes(`its part "${part}"`), true);
      assertEquals(error.message.length < 500, true);
    });
  }

  for (const part of Object.keys(parts)) {
    it(`are refused when they end before the part "${part}"`, () => {
      const cut = answer().slice(0, answer().indexOf(`\n${nonce} ${part}\n`));
      assertThrows(
        () => parseFacts(play, "h1", cut, options),
        HostError,
        `it ends before its part "${part}"`,
      );
    });
  }

  it("are refused when their parts come in another order", () => {
    const [first, second, ...rest] = Object.entries(parts);
    const mixed = [second!, first!, ...rest]
      .map(([name, text]) => `\n${nonce} ${name}\n${text}`).join("");
    assertThrows(
      () => parseFacts(play, "h1", mixed, options),
      HostError,
      `its part "paths" is not where it should be`,
    );
  });

  it("come, or a HostError does, whatever a host prints", () => {
    const names = Object.keys(parts);
    const fragment = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(...names.map((name) => `\n${nonce} ${name}\n`), ...Object.values(parts)),
      fc.constantFrom("\n", "0", " 0\n", ":", "=", "\n\n", "\0", "81a4 1 root:root\n"),
    );
    const damage = fc.record({
      part: fc.constantFrom(...names),
      at: fc.nat(100),
      length: fc.nat(30),
      insert: fc.array(fragment, { maxLength: 4 }).map((all) => all.join("")),
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const changed: Record<string, string> = {};
        for (const { part, at, length, insert } of damages) {
          const text = changed[part] ?? parts[part]!;
          changed[part] = text.slice(0, at) + insert + text.slice(at + length);
        }
        try {
          const facts = parseFacts(play, "h1", answer(changed), options);
          planChanges(play, facts, { diff: true });
          accepted++;
        } catch (error) {
          assertInstanceOf(error, HostError);
        }
      }),
      { numRuns: 1000 },
    );
    assertEquals(accepted > 100, true, `only ${accepted} of 1000 answers were plausible`);
  });
});
