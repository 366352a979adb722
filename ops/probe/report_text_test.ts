import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ProbeReport } from "./probe.ts";
import { formatReport } from "./report_text.ts";

const good: ProbeReport = {
  sent: 1000,
  received: 1000,
  lost: 0,
  pending: 0,
  duplicated: 0,
  reordered: 0,
  late: 0,
  corrupted: 0,
  unexpected: 0,
  refused: { disconnected: 0, queueFull: 0, tooLong: 0 },
  rttMs: { min: 0.312, p50: 0.4567, p95: 1.2, p99: 12.34, max: 123.4 },
  outagesMs: [],
  outages: [],
  outageCount: 0,
  longestOutageMs: 0,
  longestReplyGapMs: 2,
  sendingMs: 9990,
  interrupted: false,
  relay: "127.0.0.1:4433",
  serviceId: "web",
  protocol: "udp",
  source: "100.64.0.1:50000",
  destination: "10.100.0.1:7",
  payloadBytes: 64,
  packetBytes: 92,
  intervalMs: 10,
  sendRate: 100,
  lossPercent: 0,
  fromOtherSource: 0,
  reconnections: 0,
  events: [],
};

const bad: ProbeReport = {
  ...good,
  received: 876,
  lost: 124,
  lossPercent: 12.4,
  duplicated: 3,
  reordered: 2,
  late: 1,
  corrupted: 4,
  unexpected: 5,
  fromOtherSource: 6,
  refused: { disconnected: 100, queueFull: 7, tooLong: 0 },
  outagesMs: [1240.4, 200],
  outages: [
    { startMs: 3200, durationMs: 1240.4, lost: 104 },
    { startMs: 8000, durationMs: 200, lost: 19 },
  ],
  outageCount: 2,
  longestOutageMs: 1240.4,
  reconnections: 1,
  events: [
    { atMs: 3210, kind: "lost", detail: 'The relay closed the connection: code 0, "bye"' },
    { atMs: 4440, kind: "ready", detail: "" },
  ],
};

describe("formatReport", () => {
  it("is short when all is well", () => {
    assertEquals(
      formatReport(good, false),
      [
        '"web" through 127.0.0.1:4433: UDP with 64 bytes, 100.64.0.1:50000 to 10.100.0.1:7',
        "",
        "  received      1,000 of 1,000",
        "  lost          0",
        "  duplicated    0",
        "  reordered     0",
        "  round trip    min 0.312   p50 0.457   p95 1.2   p99 12.3   max 123 ms",
        "  outages       none",
        "  sending       took 9.99 s, 100 a second",
      ].join("\n"),
    );
  });

  it("names everything that was not", () => {
    assertEquals(
      formatReport(bad, false).split("\n").slice(2),
      [
        "  received      876 of 1,000",
        "  lost          124 (12.4 %)",
        "    never sent  100  there was no connection",
        "    never sent  7  faster than the connection takes them",
        "  duplicated    3",
        "  reordered     2",
        "  corrupted     4  replies that had changed on their way",
        "  late          1  replies after their packets had been given up",
        "  unexpected    5  packets that answer nothing of this probe",
        "  other source  6  replies not from 10.100.0.1:7",
        "  round trip    min 0.312   p50 0.457   p95 1.2   p99 12.3   max 123 ms",
        "  outages       2, the longest 1,240 ms",
        "                at 3.2 s: 1,240 ms, 104 lost",
        "                at 8 s: 200 ms, 19 lost",
        "  connection    made again once",
        '                at 3.21 s: The relay closed the connection: code 0, "bye"',
        "                at 4.44 s: Connected and registered again",
        "  sending       took 9.99 s, 100 a second",
      ],
    );
  });

  it("says that there is no round trip without replies", () => {
    const rttMs = { min: null, p50: null, p95: null, p99: null, max: null };
    assertMatch(formatReport({ ...good, rttMs }, false), /round trip +none measured/);
  });

  it("says that it was interrupted, and what was open", () => {
    const text = formatReport({ ...good, interrupted: true, received: 998, pending: 2 }, false);
    assertMatch(text, /, interrupted\n/);
    assertMatch(text, /pending +2 {2}no reply yet/);
  });

  it("shows ten outages and counts the others", () => {
    const outages = Array.from({ length: 12 }, () => ({ startMs: 0, durationMs: 200, lost: 3 }));
    const text = formatReport({ ...good, outages, outageCount: 12 }, false);
    assertEquals(text.match(/200 ms, 3 lost/g)?.length, 10);
    assertStringIncludes(text, "and 2 more (see --json)");
  });

  it("shows no control characters of a stranger", () => {
    const text = formatReport({
      ...bad,
      serviceId: "a\u001b[31mb",
      events: [{ atMs: 0, kind: "lost", detail: "x\u001b]0;y\u0007" }],
    }, false);
    assertEquals(text.includes("\u001b"), false);
    assertEquals(text.includes("\u0007"), false);
  });
});
