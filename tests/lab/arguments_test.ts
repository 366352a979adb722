import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { type LabCommand, parseLabArguments } from "./arguments.ts";

function parse(text: string, environment: Record<string, string> = {}): LabCommand {
  const argv = text.split(" ").filter((word) => word !== "");
  return parseLabArguments(argv, new Map(Object.entries(environment)));
}

const lab = "default";

describe("the lab's command line", () => {
  const cases: readonly (readonly [text: string, command: LabCommand])[] = [
    ["", { kind: "help" }],
    ["-h", { kind: "help" }],
    ["net --help", { kind: "help" }],
    ["up", { kind: "up", lab, hosts: 3 }],
    ["up 5", { kind: "up", lab, hosts: 5 }],
    ["--name other up 1", { kind: "up", lab: "other", hosts: 1 }],
    ["up 1 --name=other", { kind: "up", lab: "other", hosts: 1 }],
    ["down", { kind: "down", lab, purge: false }],
    ["down --purge", { kind: "down", lab, purge: true }],
    ["status --json", { kind: "status", lab, json: true }],
    ["ssh relay1", { kind: "ssh", lab, host: "relay1", user: "root", command: [] }],
    [
      "ssh --user deploy relay1 ls --name -la",
      { kind: "ssh", lab, host: "relay1", user: "deploy", command: ["ls", "--name", "-la"] },
    ],
    [
      "ssh relay1 -- -x",
      { kind: "ssh", lab, host: "relay1", user: "root", command: ["-x"] },
    ],
    ["exec -- ping -c 1 h", { kind: "exec", lab, command: ["ping", "-c", "1", "h"] }],
    ["exec ping -c 1", { kind: "exec", lab, command: ["ping", "-c", "1"] }],
    ["exec --name x -- -a", { kind: "exec", lab: "x", command: ["-a"] }],
    ["net relay1 cut", { kind: "net", lab, host: "relay1", change: "cut" }],
    [
      "net relay1 delay=20 jitter=5",
      {
        kind: "net",
        lab,
        host: "relay1",
        change: { delayMs: 20, jitterMs: 5, lossPercent: 0 },
      },
    ],
    ["crash relay1", { kind: "crash", lab, host: "relay1" }],
  ];
  for (const [text, command] of cases) {
    it(`understands "${text}"`, () => assertEquals(parse(text), command));
  }

  const mistakes: readonly (readonly [text: string, message: string])[] = [
    ["upp", 'did you mean "up"'],
    ["toString", "it has no command"],
    ["up 0", "must be 1 to 200"],
    ["up 201", "must be 1 to 200"],
    ["up 2 3", "it takes [N]"],
    ["up --purge", 'it has no flag "--purge"'],
    ["down --purge=yes", 'flag "--purge" takes no value'],
    ["up --name", 'flag "--name" needs a value'],
    ["up --name ../x", "Cannot use"],
    ["ssh", "it takes HOST [COMMAND…]: nothing is given"],
    ["exec", "it takes -- COMMAND…"],
    ["net relay1", 'it takes HOST cut|mend|clear|delay=MS|jitter=MS|loss=PERCENT: "relay1"'],
    ["net relay1 cut mend", "settings are delay=MS"],
    ["--json", 'it has no flag "--json"'],
  ];
  for (const [text, message] of mistakes) {
    it(`refuses "${text}"`, () => {
      assertThrows(() => parse(text), ConfigError, message);
    });
  }

  it("takes the lab's name from the environment, and the flag over it", () => {
    assertEquals(parse("down", { ZTNA_LAB: "mine" }), { kind: "down", lab: "mine", purge: false });
    assertEquals(parse("down --name a", { ZTNA_LAB: "b" }), {
      kind: "down",
      lab: "a",
      purge: false,
    });
  });
});
