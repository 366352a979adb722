import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "../../../tunnel/errors.ts";
import { formatRecording, parseRecording, withoutPauses, withReplacements } from "./recording.ts";

const size = { columns: 80, rows: 24 };

describe("a recording", () => {
  it("is an asciicast of version 2", () => {
    const output = [{ atMs: 0, text: "$ " }, { atMs: 1234, text: "\x1b[1ma\r\n" }];
    assertEquals(
      formatRecording({ size, output }),
      '{"version":2,"width":80,"height":24}\n[0,"o","$ "]\n[1.23,"o","\\u001b[1ma\\r\\n"]\n',
    );
  });

  it("is read back as it was written", () => {
    const event = fc.record({ atMs: fc.nat(10_000).map((ms) => ms * 10), text: fc.string() });
    const recording = fc.record({
      size: fc.record({
        columns: fc.integer({ min: 1, max: 1000 }),
        rows: fc.integer({ min: 1, max: 1000 }),
      }),
      output: fc.array(event).map((events) => events.toSorted((a, b) => a.atMs - b.atMs)),
    });
    fc.assert(fc.property(recording, (given) => {
      assertEquals(parseRecording(formatRecording(given), "x"), given);
    }));
  });

  it("leaves out what is no output", () => {
    const text = '{"version":2,"width":80,"height":24}\n[0,"i","x"]\n[1,"o","y"]\n';
    assertEquals(parseRecording(text, "x").output, [{ atMs: 1000, text: "y" }]);
  });

  const header = '{"version":2,"width":80,"height":24}\n';
  const wrong: [text: string, message: string][] = [
    ["", 'Cannot use the recording "x.cast" as line 1 must be JSON: current value is ""'],
    ['{"version":1,"width":80,"height":24}', "line 1 must be the header of an asciicast"],
    ['{"version":2,"width":0,"height":24}', "line 1 must be the header"],
    ['{"version":2,"width":1e9,"height":24}', "line 1 must be the header"],
    [`${header}[0,"o"]`, "line 2 must be [SECONDS, KIND, TEXT]"],
    [`${header}[0,"o","x"]\n[-1,"o","x"]`, "line 3 must be [SECONDS, KIND, TEXT]"],
    [
      `${header}[0,"o","x"\x1b`,
      'line 2 must be JSON: current value is "[0,\\"o\\",\\"x\\"\\u001b"',
    ],
  ];
  for (const [text, message] of wrong) {
    it(`is refused: ${message}`, () => {
      assertThrows(() => parseRecording(text, "x.cast"), ConfigError, message);
    });
  }

  it("does not tell what is replaced, and refuses what came in pieces", () => {
    const output = [{ atMs: 0, text: "in /home/ada/x" }, { atMs: 1, text: "y" }];
    const hidden = withReplacements({ size, output }, [["/home/ada", "~"], ["x", "z"]]);
    assertEquals(hidden.output.map(({ text }) => text), ["in ~/z", "y"]);
    const pieces = [{ atMs: 0, text: "/home" }, { atMs: 1, text: "/ada" }];
    assertThrows(
      () => withReplacements({ size, output: pieces }, [["/home/ada", "~"]]),
      ConfigError,
      'Cannot replace "/home/ada" as it was written in pieces',
    );
  });

  it("can go without long pauses", () => {
    const output = [0, 100, 5100, 5200, 9200].map((atMs) => ({ atMs, text: "" }));
    assertEquals(withoutPauses({ size, output }, 1000).output.map(({ atMs }) => atMs), [
      ...[0, 100, 1100, 1200, 2200],
    ]);
  });
});
