import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";

/** What a link does to packets, in each direction. */
export interface LinkShape {
  /** How long each packet is held back, in ms. */
  readonly delayMs: number;
  /** Most that the delay of a packet differs from `delayMs`, in ms; packets may overtake others. */
  readonly jitterMs: number;
  /** Share of packets that are lost, in percent. */
  readonly lossPercent: number;
}

/** Longest delay, in ms, jitter included: what waits has to be kept. */
const maxDelayMs = 10_000;

const settings = {
  delay: { key: "delayMs", max: maxDelayMs },
  jitter: { key: "jitterMs", max: maxDelayMs },
  loss: { key: "lossPercent", max: 100 },
} as const;

/**
 * Completes and checks a shape; what is not given is 0.
 *
 * @throws {ConfigError}
 */
export function checkLinkShape(given: Partial<LinkShape>): LinkShape {
  for (const [name, { key, max }] of Object.entries(settings)) {
    const value = given[key] ?? 0;
    if (!(value >= 0 && value <= max)) {
      throw new ConfigError(
        `Cannot shape a link as "${name}" must be 0 to ${max}: current value is ${value}`,
      );
    }
  }
  const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = given;
  if (jitterMs > delayMs) {
    throw new ConfigError(
      `Cannot shape a link as "jitter" must not be more than "delay": ${jitterMs} is more than ` +
        delayMs,
    );
  }
  return { delayMs, jitterMs, lossPercent };
}

/**
 * Reads `delay=20 jitter=5 loss=1`.
 *
 * @throws {ConfigError}
 */
export function parseLinkShape(words: readonly string[]): LinkShape {
  const given: Partial<Record<keyof LinkShape, number>> = {};
  for (const word of words) {
    const [, name = "", number = ""] = /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    if (!Object.hasOwn(settings, name)) {
      throw new ConfigError(
        `Cannot shape a link as settings are delay=MS, jitter=MS and loss=PERCENT: ${
          quote(word)
        } ` +
          `is none; the other changes are cut, mend and clear`,
      );
    }
    given[settings[name as keyof typeof settings].key] = Number(number);
  }
  return checkLinkShape(given);
}

/** A shape as command lines have it. */
export function shapeText({ delayMs, jitterMs, lossPercent }: LinkShape): string {
  return `delay=${delayMs} jitter=${jitterMs} loss=${lossPercent}`;
}
