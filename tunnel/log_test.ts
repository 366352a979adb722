import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "./errors.ts";
import { createLogger, type LogFields, type Logger, loggerFor, type LoggerOptions } from "./log.ts";

const clock = (): Date => new Date("2026-01-02T03:04:05.678Z");

function recorded(
  options: Partial<LoggerOptions> = {},
): { lines: string[]; logger: Logger } {
  const lines: string[] = [];
  const write = (line: string): number => lines.push(line);
  const logger = createLogger({ level: "debug", format: "json", clock, write, ...options });
  return { lines, logger };
}

function onlyLine(lines: readonly string[]): string {
  assertEquals(lines.length, 1);
  return lines[0] ?? "";
}

describe("logger, text", () => {
  it("writes time, level, event and fields", () => {
    const { lines, logger } = recorded({ format: "text" });
    logger.info("listening", { address: "0.0.0.0:4433", connections: 3, open: false, by: null });
    assertEquals(
      onlyLine(lines),
      "2026-01-02T03:04:05.678Z INFO  listening address=0.0.0.0:4433 connections=3 open=false by=null",
    );
  });

  it("quotes what is not one plain word, and escapes what terminals act on", () => {
    const { lines, logger } = recorded({ format: "text" });
    logger.warn("odd", { service: "a b", empty: "", evil: "\x1b[2J\nINFO forged", "a=b": "x=y" });
    assertEquals(
      onlyLine(lines),
      `2026-01-02T03:04:05.678Z WARN  odd service="a b" empty="" ` +
        `evil="\\u001b[2J\\nINFO forged" "a=b"="x=y"`,
    );
  });

  it("says the same with and without colour", () => {
    const plain = recorded({ format: "text" });
    const colored = recorded({ format: "text", color: true });
    for (const { logger } of [plain, colored]) logger.error("lost", { peer: "10.0.0.1:5" });
    assertEquals(colored.lines.map(stripAnsiCode), plain.lines);
    if (!Deno.noColor) assertStringIncludes(onlyLine(colored.lines), "\x1b[31m");
  });
});

describe("logger, JSON", () => {
  it("writes one object per line and keeps its own names", () => {
    const { lines, logger } = recorded();
    logger.info("up", { level: "fake", event: 1, time: 2, port: 4433 });
    assertEquals(JSON.parse(onlyLine(lines)), {
      time: "2026-01-02T03:04:05.678Z",
      level: "info",
      event: "up",
      field_level: "fake",
      field_event: 1,
      field_time: 2,
      port: 4433,
    });
  });

  it("shows errors with name, code, message and cause", () => {
    const { lines, logger } = recorded();
    const cause = new TypeError("inner");
    logger.error("failed", { error: new ConfigError("Cannot start", { cause }) });
    assertEquals(JSON.parse(onlyLine(lines)).error, {
      name: "ConfigError",
      code: "CONFIG",
      message: "Cannot start",
      cause: { name: "TypeError", message: "inner" },
    });
  });

  it("shows bytes, dates, big numbers, maps and sets as data", () => {
    const { lines, logger } = recorded();
    logger.info("types", {
      bytes: Uint8Array.of(0, 255),
      date: clock(),
      bad: new Date(NaN),
      big: 2n ** 64n,
      nan: NaN,
      set: new Set([1, 2]),
      map: new Map([["a", 1]]),
      missing: undefined,
    });
    const { time: _time, level: _level, event: _event, ...fields } = JSON.parse(onlyLine(lines));
    assertEquals(fields, {
      bytes: "00ff",
      date: "2026-01-02T03:04:05.678Z",
      bad: "invalid date",
      big: "18446744073709551616",
      nan: "NaN",
      set: [1, 2],
      map: [["a", 1]],
    });
  });

  it("bounds long values, wide objects, deep ones and cycles", () => {
    const { lines, logger } = recorded();
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    let deep: unknown = "bottom";
    for (let i = 0; i < 10_000; i++) deep = [deep];
    const wide = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`k${i}`, "v".repeat(50)]),
    );
    logger.info("big", {
      text: "x".repeat(1e6),
      bytes: new Uint8Array(1e6),
      array: new Array(1e6).fill("y".repeat(1000)),
      cycle,
      deep,
      wide,
    });
    const line = onlyLine(lines);
    assert(line.length < 6 * 2500, `the line has ${line.length} characters`);
    assertStringIncludes(line, "(998976 more)");
    assertStringIncludes(line, '"deep":[[[["…"]]]]');
    assertStringIncludes(line, '"cycle":{"self":{"self":{"self":{"self":"…"}}}}');
  });

  it("writes only from its level on", () => {
    const { lines, logger } = recorded({ level: "warn" });
    for (const level of ["debug", "info", "warn", "error"] as const) logger[level]("x");
    assertEquals(lines.map((line) => JSON.parse(line).level), ["warn", "error"]);
  });

  it("gives children the fields of their parents, and the last value of a name", () => {
    const { lines, logger } = recorded();
    logger.child({ a: 1, b: 1 }).child({ b: 2 }).info("x", { c: 3 });
    logger.info("y");
    const [first, second] = lines.map((line) => JSON.parse(line));
    assertEquals([first.a, first.b, first.c], [1, 2, 3]);
    assertEquals(second.a, undefined);
  });

  it("does not throw when its output does", () => {
    const { logger } = recorded({
      write(): void {
        throw new Error("disk full");
      },
    });
    logger.error("x");
  });
});

describe("logger, any value", () => {
  const value = fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    }),
    fc.string({ unit: "binary" }),
    fc.constantFrom<unknown>(
      Symbol("s"),
      () => {},
      Object.create(null),
      new Proxy({}, {
        ownKeys(): never {
          throw new Error("trap");
        },
      }),
      new Proxy({}, {
        get(): never {
          throw new Error("trap");
        },
      }),
      {
        get evil(): never {
          throw new Error("getter");
        },
      },
      { toJSON: (): never => assert(false) as never },
      { toString: 1, name: { toString: null } },
      Object.assign(new Error("x"), { name: Symbol("n"), code: { a: [] } }),
      new Proxy(new Error("y"), {}),
    ),
  );
  const line = fc.tuple(
    fc.string({ unit: "binary" }),
    fc.dictionary(fc.string({ unit: "binary" }), value),
    fc.constantFrom("text" as const, "json" as const),
    fc.boolean(),
  );

  it("gives exactly one line without control characters, which is JSON in that format", () => {
    fc.assert(
      fc.property(line, ([event, fields, format, color]) => {
        const { lines, logger } = recorded({ format, color: false });
        (color ? logger.child(fields) : logger).info(event, fields);
        const written = onlyLine(lines);
        assert(!/[\p{Cc}\p{Surrogate}\u2028\u2029]/u.test(written), written);
        if (format === "json") assertEquals(JSON.parse(written).level, "info");
      }),
      { numRuns: 500 },
    );
  });

  it("survives fields that are not an object", () => {
    for (const fields of [null, 1, "text", [1, 2]]) {
      const { lines, logger } = recorded();
      logger.info("x", fields as unknown as LogFields);
      onlyLine(lines);
    }
  });
});

describe("loggerFor", () => {
  function output(
    isTerminal: boolean,
    maxWrite: number,
  ): { text: () => string } & Parameters<typeof loggerFor>[0] {
    const bytes: number[] = [];
    return {
      level: "info",
      text: () => new TextDecoder().decode(Uint8Array.from(bytes)),
      stderr: {
        isTerminal: () => isTerminal,
        writeSync(chunk): number {
          const part = chunk.subarray(0, maxWrite);
          bytes.push(...part);
          return part.length;
        },
      },
    };
  }

  it("writes JSON lines where no terminal reads, in full also when writes are short", () => {
    const out = output(false, 7);
    loggerFor(out).info("up", { port: 1 });
    assertMatch(out.text(), /^\{"time":"[^"]+","level":"info","event":"up","port":1\}\n$/);
  });

  it("writes text to a terminal", () => {
    const out = output(true, 1000);
    loggerFor(out).info("up", { port: 1 });
    assertMatch(stripAnsiCode(out.text()), /^\S+Z INFO {2}up port=1\n$/);
  });
});
