import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { formatLines } from "../../terminal/span.ts";
import { sweepLines, type SweepTextOptions } from "./sweep_text.ts";
import { hostileSweep } from "./test_hostile_sweep.ts";
import { again, quietSweep, startedMs, troubledSweep } from "./test_sweep.ts";
import type { Finding } from "../finding.ts";
import type { ReportedSweep } from "./reported_sweep.ts";

function text(
  reported: ReportedSweep,
  options: Partial<SweepTextOptions> = {},
  color = false,
): string {
  return formatLines(sweepLines(reported, { verbosity: 0, again, ...options }), { color });
}

const end = `
✓ 3 hosts all right: relay01,connector[02-03]
· 1 silenced: connector03 pending-reboot until 2026-12-01 03:12 (next Tuesday's window)
✓ 1 solved since 03:07: relay01 udp-buffers

✗ lab: 3 critical, 17 warnings, 2 new; 3 of 22 hosts all right  (2.1 s, 03:12)
  Next: do what stands there, from the top; then look again: deno task sweep -i hosts.yaml
    Or: see what can be mended for you: deno task sweep -i hosts.yaml --fix --check
`;

const apps = Array.from({ length: 16 }, (_, i) => `app${String(i + 1).padStart(2, "0")}`).join(",");

const table = `STATUS    HOST         CHECK                     SINCE             FOUND
critical  relay02      reachable                 new               Cannot connect to it as its SSH port must
                                                                   answer: Connection refused
    → Look at its console; then: deno task sweep -i hosts.yaml --limit relay02
critical  (fleet)      tunnel-probe service web  new               all 20 packets lost
    → Mend connector01 first, which has it registered
critical  connector01  unit connector            01:42             failed (exit code 1)
    → See why it ends: deno task exec -i hosts.yaml connector01 -- journalctl -n 50 -u ztna-connector.service
warning   relay03      disk-space /var           worse             93 % of 20 GiB in use, 1.4 GiB free
    → Shorten the journal: deno task exec -i hosts.yaml relay03 -- journalctl --vacuum-size=200M
warning   app[01-16]   clock-skew                2026-11-26 00:57  4.0 to 5.5 s behind
    → Set the clock and keep it set: deno task exec -i hosts.yaml ${apps} -- timedatectl set-ntp true
`;

const stacked = `critical  relay02  reachable  new
    Cannot connect to it as its SSH port must answer:
    Connection refused
    → Look at its console; then: deno task sweep -i hosts.yaml --limit relay02
critical  (fleet)  tunnel-probe service web  new
    all 20 packets lost
    → Mend connector01 first, which has it registered
critical  connector01  unit connector  01:42
    failed (exit code 1)
    → See why it ends: deno task exec -i hosts.yaml connector01 -- journalctl -n 50 -u ztna-connector.service
warning  relay03  disk-space /var  worse
    93 % of 20 GiB in use, 1.4 GiB free
    → Shorten the journal: deno task exec -i hosts.yaml relay03 -- journalctl --vacuum-size=200M
warning  app[01-16]  clock-skew  2026-11-26 00:57
    4.0 to 5.5 s behind
    → Set the clock and keep it set: deno task exec -i hosts.yaml ${apps} -- timedatectl set-ntp true
`;

describe("a sweep for people", () => {
  it("has the worst first, equal findings once, and what to do below them", () => {
    assertEquals(text(troubledSweep(), { columns: 110 }), table + end);
  });

  it("gives each part a line of its own on a narrow terminal", () => {
    assertEquals(text(troubledSweep(), { columns: 60 }), stacked + end);
  });

  it("has one line for each problem where no terminal is, with all that belongs to it", () => {
    const lines = text(troubledSweep()).split("\n");
    assertMatch(lines[0]!, /^STATUS +HOST +CHECK +SINCE +FOUND +WHAT TO DO$/);
    assertMatch(
      lines[2]!,
      /^critical +\(fleet\) +tunnel-probe service web +new +all 20 packets lost +Mend connector01/,
    );
    assertEquals(lines.slice(6).join("\n"), end);
  });

  it("is short when all is well", () => {
    assertEquals(
      text(quietSweep(), { columns: 80 }),
      `✓ All 22 hosts all right: relay[01-03],connector[01-03],app[01-16]

✓ lab: all right, 22 hosts, 22 checks  (2.1 s, 03:12)
`,
    );
  });

  it("has problems only when it is to be quiet", () => {
    assertEquals(text(troubledSweep(), { columns: 110, verbosity: -1 }), table);
    assertEquals(text(quietSweep(), { columns: 110, verbosity: -1 }), "");
  });

  it("has what is silenced and what is well, too, when all is wanted", () => {
    const shown = text(troubledSweep(), { columns: 110, verbosity: 1 });
    assertStringIncludes(shown, "silenced  connector03  pending-reboot  until 2026-12-01 03:12");
    assertStringIncludes(
      shown,
      "ok  relay01, relay03 and 19 more  reachable\n    answered in 20 to 40 ms",
    );
  });

  it("tells of findings that flap, and of those nobody looks at any more", () => {
    const { changes, ...others } = troubledSweep();
    const [first] = others.result.findings.filter(({ check }) => check === "unit");
    const key = JSON.stringify([first!.host, first!.check, first!.subject]);
    const reported: ReportedSweep = {
      ...others,
      changes: {
        ...changes!,
        changes: [{ kind: "gone", finding: { ...first!, host: "relay09" }, before: undefined }],
        flapping: new Map([[key, { ...first!, changes: 6 }]]),
      },
    };
    const shown = text(reported, { columns: 60 });
    assertStringIncludes(shown, "critical  connector01  unit connector  flapping (6 changes)\n");
    assertStringIncludes(
      shown,
      "· 1 no longer found since 03:07: relay09 unit connector\n",
    );
  });

  it("does not call new what is silenced", () => {
    const { changes, result, ...others } = troubledSweep();
    const silenced = { by: "maintenance", reason: "updates", untilMs: startedMs + 1 } as const;
    const quiet = <T extends Finding>(finding: T): T => ({ ...finding, silenced });
    const shown = text({
      ...others,
      result: {
        ...result,
        findings: result.findings.map((each) => each.remedy ? quiet(each) : each),
      },
      changes: {
        ...changes!,
        changes: changes!.changes.map(({ finding, ...rest }) => ({
          ...rest,
          finding: finding.remedy ? quiet(finding) : finding,
        })),
      },
    });
    assertMatch(shown, /^✓ All 22 hosts all right: /);
    assertMatch(shown, /^· 21 silenced: relay02 reachable until 03:12 \(updates\), /m);
    assertMatch(shown, /\n✓ lab: all right, 22 hosts, 63 checks {2}\(2.1 s, 03:12\)\n$/);
  });

  it("calls nothing new at the first sweep", () => {
    const { changes, ...others } = troubledSweep();
    const first = { ...others, changes: { ...changes!, previousSweepMs: undefined } };
    const shown = text(first, { columns: 110 });
    assertMatch(
      shown,
      /^STATUS {4}HOST {9}CHECK {21}FOUND\ncritical {2}relay02 {6}reachable {17}C/,
    );
    assertMatch(shown, /^✗ lab: 3 critical, 17 warnings; 3 of 22/m);
  });

  it("says nothing of the past where the history can't tell", () => {
    const shown = text({ ...troubledSweep(), changes: undefined }, { columns: 60 });
    assertStringIncludes(shown, "critical  relay02  reachable\n");
    assertStringIncludes(shown, "✗ lab: 3 critical, 17 warnings; 3 of 22 hosts all right");
  });

  it("advises to look at a few hosts only", () => {
    const { result, ...others } = troubledSweep();
    const findings = result.findings.filter(({ check }) =>
      check === "unit" || check === "disk-space"
    );
    assertStringIncludes(
      text({ ...others, result: { ...result, findings } }),
      "look again: deno task sweep -i hosts.yaml --limit connector01,relay03\n",
    );
  });

  const noColors = Deno.noColor && "NO_COLOR is set";
  it("has colours, where they are wanted, besides the same words", { skip: noColors }, () => {
    const shown = text(troubledSweep(), { columns: 110 }, true);
    assertStringIncludes(shown, "\x1b[31mcritical");
    // deno-lint-ignore no-control-regex -- colours are made of them
    assertEquals(shown.replaceAll(/\x1b\[\d+m/g, "").replaceAll(/ +$/gm, ""), table + end);
  });

  it("lets nothing that a host has said move a terminal's cursor, or break a line", () => {
    fc.assert(fc.property(
      hostileSweep,
      fc.constantFrom(undefined, 20, 80, 200),
      fc.constantFrom(-1, 0, 1),
      (reported, columns, verbosity) => {
        const lines = sweepLines(reported, { verbosity, columns, again });
        const shown = formatLines(lines, { color: false });
        // deno-lint-ignore no-control-regex -- they are what must not be there
        assertEquals(shown.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/g), null);
        assertEquals(shown.split("\n").length, lines.length + 1);
      },
    ));
  });
});
