import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "./fake_clock.ts";
import { createLogger, type LogLevel } from "./log.ts";
import { RateLimitedLogger } from "./rate_limited_log.ts";

type Written = [level: string, event: string, suppressed: number | undefined];

function setUp(
  level: LogLevel = "debug",
): { clock: FakeClock; written: Written[]; logger: RateLimitedLogger } {
  const written: Written[] = [];
  const clock = new FakeClock();
  const inner = createLogger({
    level,
    format: "json",
    write(line): void {
      const { level, event, suppressed } = JSON.parse(line);
      written.push([level, event, suppressed]);
    },
  });
  const logger = new RateLimitedLogger(inner, { maxLines: 2, intervalMs: 1000, clock });
  return { clock, written, logger };
}

describe("RateLimitedLogger", () => {
  it("writes the first lines of an event and one line with the count of the rest", () => {
    const { clock, written, logger } = setUp();
    for (let i = 0; i < 1000; i++) logger.warn("bad_packet", { i });
    assertEquals(written.length, 2);
    clock.advance(1000);
    assertEquals(written[2], ["warn", "bad_packet", 998]);
    assertEquals([written.length, clock.pendingTimers], [3, 0]);
  });

  it("writes again in the next interval", () => {
    const { clock, written, logger } = setUp();
    for (let i = 0; i < 3; i++) logger.warn("bad_packet");
    clock.advance(1000);
    for (let i = 0; i < 3; i++) logger.warn("bad_packet");
    assertEquals(written.map(([, , count]) => count), [
      undefined,
      undefined,
      1,
      undefined,
      undefined,
    ]);
    logger[Symbol.dispose]();
  });

  it("limits each event on its own, and children together with their parent", () => {
    const { written, logger } = setUp();
    logger.info("a");
    logger.child({ peer: 1 }).info("a");
    logger.child({ peer: 2 }).info("a");
    logger.info("b");
    assertEquals(written.map(([, event]) => event), ["a", "a", "b"]);
    logger[Symbol.dispose]();
    assertEquals(written.at(-1), ["info", "a", 1]);
  });

  it("sets no timer for what stays within the limit", () => {
    const { clock, written, logger } = setUp();
    logger.debug("a");
    logger.error("a");
    logger.error("a");
    assertEquals([written.length, clock.pendingTimers], [3, 0]);
  });

  it("reports an interval that ends later than another", () => {
    const { clock, written, logger } = setUp();
    for (let i = 0; i < 3; i++) logger.warn("a");
    clock.advance(600);
    for (let i = 0; i < 5; i++) logger.warn("b");
    clock.advance(600);
    assertEquals(written.filter(([, , count]) => count), [["warn", "a", 1]]);
    clock.advance(400);
    assertEquals(written.filter(([, , count]) => count), [["warn", "a", 1], ["warn", "b", 3]]);
    assertEquals(clock.pendingTimers, 0);
  });

  it("bounds the events that it tells apart", () => {
    const { clock, written, logger } = setUp();
    for (let i = 0; i < 10_000; i++) logger.warn(`event_${i}`);
    assertEquals(written.length, 256 + 2);
    clock.advance(1000);
    assertEquals(written.at(-1), ["warn", "other_events", 10_000 - 258]);
  });

  it("reports no suppressed lines of a level that is off", () => {
    const { clock, written, logger } = setUp("info");
    for (let i = 0; i < 10; i++) logger.debug("a");
    clock.advance(1000);
    assertEquals(written, []);
  });
});
