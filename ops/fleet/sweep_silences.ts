import * as v from "valibot";
import type { VariableReader } from "../engine/inventory/variable_reader.ts";
import {
  isTimeZone,
  momentRule,
  parseMoment,
  parseWeekly,
  weeklyRule,
  type WeeklyWindow,
} from "./sweep_times.ts";

/** A kind of finding that nobody wants to hear of for a while. */
export interface Silence {
  /** ID of the check. */
  readonly check: string;
  /** What of it, as a shell's pattern: `/var`, `service *`; everything by default. */
  readonly subject: string | undefined;
  /** In ms since 1970. */
  readonly untilMs: number;
  readonly reason: string;
}

/** A time in which nobody wants to hear of anything. */
export interface MaintenanceWindow {
  readonly when:
    | { readonly fromMs: number; readonly untilMs: number }
    | { readonly weekly: WeeklyWindow };
  readonly reason: string;
}

/** What the inventory keeps quiet about. */
export interface SweepQuiet {
  readonly silences: readonly Silence[];
  readonly maintenance: readonly MaintenanceWindow[];
}

/** The inventory variables of silences and maintenance windows. */
export const quietVariables = ["ztna_sweep_silences", "ztna_sweep_maintenance"] as const;

const text = v.pipe(
  v.string("it must be a text"),
  v.trim(),
  v.minLength(1, "it must not be empty"),
);
const reason = v.pipe(text, v.maxLength(200, "it must have 200 characters at most"));
const zone = v.optional(
  v.pipe(text, v.check(isTimeZone, 'it must be a time zone, such as "Europe/Berlin" or "UTC"')),
  "UTC",
);

const silenceSchema = v.pipe(
  v.strictObject({
    check: v.pipe(text, v.regex(/^[a-z][a-z0-9-]*$/, "it must be the ID of a check: disk-space")),
    subject: v.optional(text),
    until: text,
    zone,
    reason,
  }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): Silence => {
    const { check, subject, until, reason } = value;
    const untilMs = parseMoment(until, value.zone, "end");
    if (untilMs === undefined) {
      addIssue({ message: `until: ${momentRule}` });
      return NEVER;
    }
    return { check, subject, untilMs, reason };
  }),
);

const maintenanceSchema = v.pipe(
  v.strictObject({
    from: v.optional(text),
    until: v.optional(text),
    weekly: v.optional(text),
    zone,
    reason,
  }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): MaintenanceWindow => {
    const refuse = (message: string): never => {
      addIssue({ message });
      return NEVER;
    };
    const { from, until, weekly, zone, reason } = value;
    if (weekly !== undefined) {
      if (from !== undefined || until !== undefined) {
        return refuse('it must have "weekly", or "from" and "until", not both');
      }
      const window = parseWeekly(weekly, zone);
      return window === undefined
        ? refuse(`weekly: ${weeklyRule}`)
        : { when: { weekly: window }, reason };
    }
    if (from === undefined || until === undefined) {
      return refuse('it must have "from" and "until", or "weekly"');
    }
    const fromMs = parseMoment(from, zone, "start");
    const untilMs = parseMoment(until, zone, "end");
    if (fromMs === undefined) return refuse(`from: ${momentRule}`);
    if (untilMs === undefined) return refuse(`until: ${momentRule}`);
    if (untilMs <= fromMs) return refuse('"until" must be after "from"');
    return { when: { fromMs, untilMs }, reason };
  }),
);

const [silencesVariable, maintenanceVariable] = quietVariables;

/** Reads them; mistakes stay with the reader. */
export function readSweepQuiet(reader: Pick<VariableReader, "structure">): SweepQuiet {
  return {
    silences: reader.structure(silencesVariable, v.array(silenceSchema, "it must be a list")) ?? [],
    maintenance:
      reader.structure(maintenanceVariable, v.array(maintenanceSchema, "it must be a list")) ?? [],
  };
}
