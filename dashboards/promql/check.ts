import { type GroupedLabel, inspectExpression } from "./inspect.ts";
import { withVariables } from "./grafana_variables.ts";

/**
 * What is wrong with an expression: no PromQL, series that nobody has, or labels that its series do
 * not have. Empty for a good one.
 *
 * @param known All series by name, with their labels; `knownSeries()`.
 */
export function expressionMistakes(
  text: string,
  known: ReadonlyMap<string, readonly string[]>,
): string[] {
  const { errors, series, grouped } = inspectExpression(withVariables(text));
  if (errors.length > 0) return errors.map((error) => `no PromQL at ${error}`);
  if (series.length === 0) return ["it selects no series"];
  return [
    ...series.flatMap(({ name, labels }) => {
      const own = known.get(name);
      if (own === undefined) return [`nobody has the series "${name}"`];
      return labels.filter((label) => !own.includes(label))
        .map((label) => `"${name}" has no label "${label}"`);
    }),
    ...grouped.filter((group) => !isThere(group, known)).map(({ label, series }) =>
      `none of ${series.map(({ name }) => `"${name}"`).join(", ")} has a label "${label}"`
    ),
  ];
}

function isThere(
  { label, series, made }: GroupedLabel,
  known: ReadonlyMap<string, readonly string[]>,
): boolean {
  return made.includes(label) || series.some(({ name }) => known.get(name)?.includes(label));
}
