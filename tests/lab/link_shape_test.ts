import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { parseLinkShape, shapeText } from "./link_shape.ts";

describe("the shape of a link", () => {
  it("is read from settings in any order, each 0 by default", () => {
    assertEquals(parseLinkShape(["loss=0.5", "delay=20"]), {
      delayMs: 20,
      jitterMs: 0,
      lossPercent: 0.5,
    });
  });

  it("is written as it is read", () => {
    const shape = { delayMs: 20, jitterMs: 5, lossPercent: 1 };
    assertEquals(parseLinkShape(shapeText(shape).split(" ")), shape);
  });

  const mistakes: readonly (readonly [text: string, message: string])[] = [
    ["speed=3", "settings are delay=MS"],
    ["delay", "settings are delay=MS"],
    ["delay=-1", "settings are delay=MS"],
    ["delay=1e3", "settings are delay=MS"],
    ["toString=1", "settings are delay=MS"],
    ["delay=10001", '"delay" must be 0 to 10000'],
    ["loss=101", '"loss" must be 0 to 100'],
    ["delay=5 jitter=6", '"jitter" must not be more than "delay"'],
  ];
  for (const [text, message] of mistakes) {
    it(`may not be "${text}"`, () => {
      assertThrows(() => parseLinkShape(text.split(" ")), ConfigError, message);
    });
  }
});
