import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

/** Series that an expression selects. */
export interface SelectedSeries {
  /** Name of the series; empty where it is not in the selector. */
  readonly name: string;
  /** The labels that its matchers ask for. */
  readonly labels: readonly string[];
}

/** A label by which an operator groups or joins. */
export interface GroupedLabel {
  readonly label: string;
  /** The series below that operator. */
  readonly series: readonly SelectedSeries[];
  /** Labels that functions below it make, such as `label_replace`. */
  readonly made: readonly string[];
}

/** What an expression is made of. */
export interface Inspection {
  /** Where it is no PromQL, as `position: text from there`; empty for a valid one. */
  readonly errors: readonly string[];
  readonly series: readonly SelectedSeries[];
  readonly grouped: readonly GroupedLabel[];
}

/**
 * Parses an expression as Prometheus' own editor does. Variables of Grafana must have been replaced
 * (`withVariables`): to PromQL a `$` outside of a string is an error.
 */
export function inspectExpression(text: string): Inspection {
  const root = parser.parse(text).topNode;
  return {
    errors: descendants(root).filter(({ type }) => type.isError)
      .map(({ from }) => `${from}: ${text.slice(from, from + 30)}`),
    series: seriesBelow(root, text),
    grouped: descendants(root).filter(({ name }) => name === "GroupingLabels")
      .flatMap((labels) => groupedBy(labels, text)),
  };
}

function groupedBy(labels: SyntaxNode, text: string): GroupedLabel[] {
  // GroupingLabels stand in a modifier, and that in the operator.
  const operator = labels.parent?.parent ?? labels;
  const series = seriesBelow(operator, text);
  const made = labelsMadeBelow(operator, text);
  return labels.getChildren("LabelName").map((label) => ({
    label: textOf(label, text),
    series,
    made,
  }));
}

function seriesBelow(node: SyntaxNode, text: string): SelectedSeries[] {
  return descendants(node).filter(({ name }) => name === "VectorSelector").map((selector) => {
    const identifier = selector.getChild("Identifier");
    const matchers = selector.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
    return {
      name: identifier === null ? "" : textOf(identifier, text),
      labels: matchers.flatMap((matcher) =>
        matcher.getChildren("LabelName").map((label) => textOf(label, text))
      ),
    };
  });
}

/** The second argument of `label_replace` and `label_join`, and the first of `count_values`. */
function labelsMadeBelow(node: SyntaxNode, text: string): string[] {
  return descendants(node).filter(({ name }) =>
    name === "LabelReplace" || name === "LabelJoin" || name === "CountValues"
  ).flatMap((operator) => {
    const call = operator.parent?.parent;
    const made = call?.getChild("FunctionCallBody")?.getChild("StringLiteral");
    return made === null || made === undefined ? [] : [textOf(made, text).slice(1, -1)];
  });
}

function descendants(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [node];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    found.push(...descendants(child));
  }
  return found;
}

const textOf = ({ from, to }: SyntaxNode, text: string): string => text.slice(from, to);
