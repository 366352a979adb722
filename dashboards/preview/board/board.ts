import * as v from "valibot";
import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";

// What is missing or null is the default, as in Grafana.
const text = v.nullish(v.string(), "");
const flag = v.nullish(v.boolean(), false);
const maybeNumber = v.nullish(v.number());
const maybeText = v.nullish(v.string());
const record = v.nullish(v.record(v.string(), v.unknown()), {});

const linkSchema = v.object({
  url: text,
});

const mappingResultSchema = v.object({ text: maybeText, color: maybeText });

const mappingSchema = v.variant("type", [
  v.object({ type: v.literal("value"), options: v.record(v.string(), mappingResultSchema) }),
  v.object({
    type: v.literal("range"),
    options: v.object({ from: maybeNumber, to: maybeNumber, result: mappingResultSchema }),
  }),
  v.object({
    type: v.literal("special"),
    options: v.object({ match: v.string(), result: mappingResultSchema }),
  }),
  v.object({
    type: v.literal("regex"),
    options: v.object({ pattern: v.string(), result: mappingResultSchema }),
  }),
]);

const thresholdsSchema = v.object({
  mode: text,
  steps: v.array(v.object({ value: maybeNumber, color: v.string() })),
});

const fieldConfigSchema = v.object({
  displayName: maybeText,
  unit: maybeText,
  decimals: maybeNumber,
  min: maybeNumber,
  max: maybeNumber,
  noValue: maybeText,
  color: v.nullish(v.object({ mode: text, fixedColor: maybeText })),
  thresholds: v.nullish(thresholdsSchema),
  mappings: v.nullish(v.array(mappingSchema), []),
  links: v.nullish(v.array(linkSchema), []),
  custom: record,
});

const targetSchema = v.object({
  refId: v.nullish(v.string(), "A"),
  expr: text,
  legendFormat: text,
  instant: flag,
  range: flag,
  interval: text,
  hide: flag,
});

const gridSchema = v.object({ x: v.number(), y: v.number(), w: v.number(), h: v.number() });

const panelEntries = {
  id: v.nullish(v.number(), 0),
  type: v.string(),
  title: text,
  description: text,
  gridPos: gridSchema,
  targets: v.nullish(v.array(targetSchema), []),
  fieldConfig: v.nullish(
    v.object({
      defaults: fieldConfigSchema,
      overrides: v.nullish(
        v.array(v.object({
          matcher: v.object({ id: v.string(), options: v.optional(v.unknown()) }),
          properties: v.array(v.object({ id: v.string(), value: v.optional(v.unknown()) })),
        })),
        [],
      ),
    }),
    { defaults: { mappings: [], links: [], custom: {} }, overrides: [] },
  ),
  options: record,
  transformations: v.nullish(v.array(v.object({ id: v.string(), options: record })), []),
  interval: text,
};

const panelSchema = v.object({
  ...panelEntries,
  collapsed: flag,
  panels: v.nullish(v.array(v.object(panelEntries)), []),
});

const variableSchema = v.object({
  name: v.string(),
  type: v.string(),
  label: text,
  query: v.optional(v.unknown()),
  allValue: maybeText,
  hide: v.nullish(v.union([v.number(), v.string()]), 0),
});

const annotationSchema = v.object({
  name: text,
  expr: text,
  iconColor: text,
  enable: v.nullish(v.boolean(), true),
  titleFormat: text,
  textFormat: text,
  target: v.nullish(v.object({ expr: text })),
});

const boardSchema = v.object({
  uid: v.string(),
  title: v.string(),
  description: text,
  panels: v.nullish(v.array(panelSchema), []),
  templating: v.nullish(v.object({ list: v.nullish(v.array(variableSchema), []) }), { list: [] }),
  annotations: v.nullish(v.object({ list: v.nullish(v.array(annotationSchema), []) }), {
    list: [],
  }),
});

/** What the preview uses of a Grafana dashboard (its classic schema). */
export type Board = v.InferOutput<typeof boardSchema>;
/** A panel, without those that a row holds. */
export type Panel = Omit<v.InferOutput<typeof panelSchema>, "collapsed" | "panels">;
/** One query of a panel. */
export type Target = v.InferOutput<typeof targetSchema>;
/** How a value is shown: the panel's defaults with the overrides of a field. */
export type FieldConfig = v.InferOutput<typeof fieldConfigSchema>;
/** The rule that replaces values by words. */
export type ValueMapping = v.InferOutput<typeof mappingSchema>;
/** A variable of the dashboard. */
export type Variable = v.InferOutput<typeof variableSchema>;
/** Events that are drawn over the panels. */
export type AnnotationQuery = v.InferOutput<typeof annotationSchema>;

/**
 * Reads a dashboard.
 *
 * @param json What `JSON.parse` gave.
 * @param name Where it is from, for the message.
 * @throws ConfigError when it is none, or has what the preview can't take for one.
 */
export function readBoard(json: unknown, name: string): Board {
  const result = v.safeParse(boardSchema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const where = v.getDotPath(issue) ?? "";
  throw new ConfigError(
    `Cannot preview ${quote(name)} as a dashboard must be in Grafana's classic schema: current ` +
      `value of ${quote(where)} is ${issue.received}, it must be ${issue.expected}`,
  );
}

/** Applies one property of an override (`custom.width`, `unit` …) to a field's configuration. */
export function withProperty(config: FieldConfig, id: string, value: unknown): FieldConfig {
  const [first = "", ...rest] = id.split(".");
  if (first === "custom") {
    return { ...config, custom: { ...config.custom, [rest.join(".")]: value } };
  }
  const result = v.safeParse(fieldConfigSchema, { ...config, [first]: value });
  return result.success ? result.output : config;
}
