import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { colors } from "./colors.ts";

/** What a value of a state means. */
export interface State {
  readonly value: number;
  readonly text: string;
  readonly color: string;
}

/** States as Grafana maps values to words. */
export function stateMapping(states: readonly State[]): ValueMapping {
  return {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      states.map(({ value, text, color }, index) => [String(value), { text, color, index }]),
    ),
  };
}

/** Of Prometheus' own `up`. */
export const upStates: readonly State[] = [
  { value: 1, text: "up", color: colors.good },
  { value: 0, text: "down", color: colors.bad },
];

/** Whether a program wants traffic. */
export const readyStates: readonly State[] = [
  { value: 1, text: "ready", color: colors.good },
  { value: 0, text: "not ready", color: colors.warning },
];

/** Whether a program waits for its clients to leave. */
export const drainingStates: readonly State[] = [
  { value: 1, text: "draining", color: colors.warning },
  { value: 0, text: "serving", color: colors.good },
];

/** States by a word that a metric's name ends in; of any other flag it is only known that it is set. */
const flagStates: readonly (readonly [suffix: string, states: readonly State[]])[] = [
  ["_ready", readyStates],
  ["_draining", drainingStates],
];

/** The states of a flag without a label that names them. */
export function statesOfFlag({ name }: Pick<MetricDefinition, "name">): readonly State[] {
  return flagStates.find(([suffix]) => name.endsWith(suffix))?.[1] ?? [
    { value: 1, text: "yes", color: colors.neutral },
    { value: 0, text: "no", color: colors.unknown },
  ];
}

/** What the names of states mean, wherever a catalogue has them. */
const colorOfName: Readonly<Record<string, string>> = {
  registered: colors.good,
  waiting: colors.warning,
  stopped: colors.unknown,
  denied: colors.bad,
};

/** The states that a label lists, numbered from 1 in its order. */
export function statesOfNames(names: readonly string[]): readonly State[] {
  return names.map((text, index) => ({
    value: index + 1,
    text,
    color: colorOfName[text] ?? colors.neutral,
  }));
}
