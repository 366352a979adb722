import type { FieldConfig, ValueMapping } from "../board/board.ts";
import { cssColor, seriesColor } from "./colors.ts";
import { formatValue } from "./units.ts";

/** A value as it is shown. */
export interface DisplayValue {
  readonly text: string;
  /** CSS colour of its mapping or threshold; `undefined` where none says one. */
  readonly color: string | undefined;
}

/** A value in the words, unit and colour that a field's configuration gives it. */
export function displayValue(value: number | string, config: FieldConfig, now = 0): DisplayValue {
  const mapped = mapValue(value, config.mappings);
  if (typeof value === "string") {
    return { text: mapped?.text ?? value, color: mapped?.color };
  }
  const { unit, decimals } = config;
  return {
    text: mapped?.text ?? formatValue(value, { unit, decimals, now }),
    color: mapped?.color ?? thresholdColor(value, config),
  };
}

/** The colour of the highest threshold that the value has reached. */
function thresholdColor(value: number, { thresholds, min, max }: FieldConfig): string | undefined {
  if (thresholds === undefined || thresholds === null) return undefined;
  const low = min ?? 0;
  const compared = thresholds.mode === "percentage"
    ? (value - low) / ((max ?? 100) - low) * 100
    : value;
  const step = thresholds.steps.findLast(({ value: from }) =>
    from === null || from === undefined || compared >= from
  );
  return step === undefined ? undefined : cssColor(step.color);
}

interface Mapped {
  readonly text: string | undefined;
  readonly color: string | undefined;
}

function mapValue(
  value: number | string,
  mappings: readonly ValueMapping[],
): Mapped | undefined {
  for (const mapping of mappings) {
    const found = resultOf(mapping, value);
    if (found === undefined) continue;
    return {
      text: found.text ?? undefined,
      color: found.color === undefined || found.color === null ? undefined : cssColor(found.color),
    };
  }
  return undefined;
}

type MappingResult = Extract<ValueMapping, { type: "range" }>["options"]["result"];

function resultOf(mapping: ValueMapping, value: number | string): MappingResult | undefined {
  switch (mapping.type) {
    case "value": {
      const { options } = mapping;
      return Object.hasOwn(options, String(value)) ? options[String(value)] : undefined;
    }
    case "range": {
      const { from, to, result } = mapping.options;
      if (typeof value !== "number") return undefined;
      return value >= (from ?? -Infinity) && value <= (to ?? Infinity) ? result : undefined;
    }
    case "special":
      return isSpecial(mapping.options.match, value) ? mapping.options.result : undefined;
    case "regex":
      return patternOf(mapping.options.pattern)?.test(String(value))
        ? mapping.options.result
        : undefined;
  }
}

function isSpecial(match: string, value: number | string): boolean {
  if (match === "nan" || match === "null+nan") return Number.isNaN(value);
  if (match === "empty") return value === "";
  return (match === "true" || match === "false") && String(value) === match;
}

/** A regular expression as Grafana writes it, with or without slashes; `undefined` for a wrong one. */
export function patternOf(text: string): RegExp | undefined {
  const [, source = text, flags = ""] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  try {
    return new RegExp(source, flags.replace("g", ""));
  } catch {
    return undefined;
  }
}

/** The colour of a series: fixed, of its last value's threshold, or of the palette. */
export function fieldColor(config: FieldConfig, index: number, last: number | undefined): string {
  const { color } = config;
  if (color?.mode === "fixed") return cssColor(color.fixedColor);
  if (color?.mode === "thresholds" && last !== undefined) {
    return displayValue(last, config).color ?? seriesColor(index);
  }
  return seriesColor(index);
}
