import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../tunnel/errors.ts";
import { checkPlay } from "./check_play.ts";
import { maxFileBytes } from "./limits.ts";
import type { Handler, Play, Resource } from "./resource.ts";

const file: Resource = {
  kind: "file",
  id: "file",
  path: "/etc/a",
  contents: "",
  mode: 0o644,
  owner: "root",
  group: "root",
};
const link: Resource = { kind: "link", id: "link", path: "/etc/l", target: "a" };
const user: Resource = { kind: "user", id: "user", name: "ztna", home: "/var/lib/ztna" };
const command: Resource = {
  kind: "command",
  id: "command",
  summary: "do",
  unless: "false",
  script: "true",
};
const service: Resource = {
  kind: "service",
  id: "service",
  unit: "a.service",
  enabled: true,
  active: true,
};
const sysctl: Resource = { kind: "sysctl", id: "sysctl", name: "net.core.rmem_max", value: 1 };
const firewall: Resource = { kind: "firewall", id: "firewall", transport: "udp", port: 4433 };
const handler: Handler = { id: "restart", summary: "restart", script: "true" };

const play = (resources: readonly object[], handlers: readonly Handler[] = []): Play => ({
  resources: resources as Resource[],
  handlers,
});

/** What variables can get wrong, and a part of what is said. */
const wrongValues: readonly [title: string, resource: object, message: string][] = [
  ["a relative path", { ...file, path: "etc/a" }, 'must be absolute: current value is "etc/a"'],
  ["a path that climbs", { ...file, path: "/etc/../a" }, `".."`],
  ["a path with a dot", { ...file, path: "/etc/./a" }, "no empty part"],
  ["a path with an empty part", { ...file, path: "/etc//a" }, "no empty part"],
  ["a path with a slash at its end", { ...file, path: "/etc/" }, "no empty part"],
  ["the root directory", { ...file, path: "/" }, "no empty part"],
  ["an empty path", { ...file, path: "" }, "must be absolute"],
  ["a path with NUL", { ...file, path: "/a\0b" }, "without NUL"],
  ["a path with half a character", { ...file, path: "/a\ud800" }, "well-formed"],
  ["a path that is too long", { ...file, path: `/${"a/".repeat(2500)}b` }, "4000 bytes at most"],
  ["a name of a temporary file", { ...file, path: "/etc/.ztna-new.1" }, "for temporary files"],
  ["a file that is too large", { ...file, contents: "a".repeat(maxFileBytes + 1) }, "8388608"],
  ["an owner with a space", { ...file, owner: "a b" }, `current value is "a b"`],
  ["an owner that is an option", { ...file, owner: "-R" }, `its owner must match`],
  ["an owner that is a number", { ...file, owner: "0" }, `its owner must match`],
  ["an owner with a colon", { ...file, owner: "root:root" }, `its owner must match`],
  ["a group with a command", { ...file, group: "$(id)" }, `its group must match`],
  ["an owner with escapes", { ...file, owner: "\u001b[2J" }, String.raw`"\u001b[2J"`],
  ["a link to nothing", { ...link, target: "" }, "needs a target"],
  ["a link to NUL", { ...link, target: "a\0" }, "needs a target"],
  ["a user that is an option", { ...user, name: "--help" }, "its user must match"],
  ["a user that is too long", { ...user, name: "a".repeat(33) }, "its user must match"],
  ["a home with a colon", { ...user, home: "/a:b" }, "must not contain colons"],
  ["a home with a line break", { ...user, home: "/a\nb" }, "must not contain colons"],
  ["a package that is an option", { kind: "package", id: "p", name: "-y" }, "its package must"],
  ["a package with a version", { kind: "package", id: "p", name: "a=1" }, "its package must"],
  ["a setting that climbs", { ...sysctl, name: "net.../a" }, "its setting must match"],
  ["a setting without a dot", { ...sysctl, name: "net" }, "its setting must match"],
  ["a setting with a fraction", { ...sysctl, value: 1.5 }, "must be a whole number"],
  ["a unit without a suffix", { ...service, unit: "ztna-relay" }, "its unit must match"],
  ["a unit with a path", { ...service, unit: "../a.service" }, "its unit must match"],
  ["a unit with a space", { ...service, unit: "a b.service" }, "its unit must match"],
  ["a unit that is too long", { ...service, unit: `${"a".repeat(255)}.service` }, "255 char"],
  ["port 0", { ...firewall, port: 0 }, "must be from 1 to 65535: current value is 0"],
  ["a source that is no network", { ...firewall, sources: ["10.0.0.0/8", "a; b"] }, '"a; b"'],
  ["a network that is too small", { ...firewall, sources: ["10.0.0.0/33"] }, "10.0.0.0/33"],
  ["a port that is too high", { ...firewall, port: 65_536 }, "must be from 1 to 65535"],
];

/** What only code can get wrong. */
const mistakes: readonly [title: string, play: Play, message: string][] = [
  ["an empty ID", play([{ ...file, id: "" }]), "must be unique"],
  ["an ID twice", play([file, { ...file, path: "/etc/b" }]), `unique: "file"`],
  ["a mode that is too large", play([{ ...file, mode: 0o10000 }]), "from 0 to 0o7777"],
  ["a mode that is no integer", play([{ ...file, mode: 1.5 }]), "from 0 to 0o7777"],
  ["a handler that is missing", play([{ ...file, notify: ["h"] }]), `no such handler`],
  ["a handler twice", play([], [handler, handler]), `two handlers`],
  ["a handler that is a path", play([], [{ ...handler, id: "../a" }]), "must be a file name"],
  ["a handler that is hidden", play([], [{ ...handler, id: ".a" }]), "must be a file name"],
  ["a handler without a script", play([], [{ ...handler, script: " " }]), "must have text"],
  ["a script with NUL", play([{ ...command, script: "a\0" }]), "no NUL"],
  ["a script that is too long", play([{ ...command, unless: "a".repeat(40_000) }]), "32768"],
  ["a check without text", play([{ ...file, validate: "" }]), "must have text"],
  ["a command without a summary", play([{ ...command, summary: "" }]), "needs a summary"],
];

describe("a play", () => {
  it("may say everything that resources can", () => {
    checkPlay(play([
      { ...file, path: "/etc/a b'\"\n$(c)-é\u202e", notify: ["restart"] },
      { ...link, target: "-rf $(x)\n" },
      user,
      command,
      { ...service, unit: "ztna\\x2drelay@a-b_1.2:x.service" },
      sysctl,
      { ...firewall, sources: ["192.0.2.1", "10.0.0.0/8", "fd00::/64"] },
      { kind: "package", id: "package", name: "libstdc++6" },
      { kind: "absent", id: "absent", path: "/a" },
    ], [handler]));
  });

  for (const [title, resource, message] of wrongValues) {
    it(`refuses ${title}`, () => {
      assertThrows(() => checkPlay(play([resource])), ConfigError, message);
    });
  }

  for (const [title, wrong, message] of mistakes) {
    it(`fails on ${title}`, () => {
      assertThrows(() => checkPlay(wrong), TypeError, message);
    });
  }

  it("refuses two resources with one path", () => {
    const shared: readonly object[] = [
      file,
      { kind: "absent", id: "absent", path: "/etc/a" },
      { ...file, id: "persisted", path: "/etc/sysctl.d/60-ztna-net.core.rmem_max.conf" },
      sysctl,
    ];
    const { message } = assertThrows(() => checkPlay(play(shared)), ConfigError);
    assertStringIncludes(message, `"file" and "absent"`);
    assertStringIncludes(message, `"persisted" and "sysctl"`);
  });

  it("lists all mistakes at once", () => {
    const error = assertThrows(
      () => checkPlay(play([{ ...file, path: "a", owner: "b c" }, { ...firewall, port: -1 }])),
      ConfigError,
    );
    assertEquals(error.message.split("\n").length, 3, error.message);
  });
});
