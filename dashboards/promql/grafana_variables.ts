/** Grafana's variables for parts of the time range, with a value of the kind that each stands for. */
const builtIn: Readonly<Record<string, string>> = {
  __interval: "1m",
  __interval_ms: "60000",
  __range: "1h",
  __range_ms: "3600000",
  __range_s: "3600",
  __rate_interval: "4m",
};

/** `$name`, `${name}`, `${name:format}` and `[[name]]`. */
const reference = /\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\]/g;

/** The variables that a text uses, without Grafana's built-in ones, each once. */
export function variablesIn(text: string): string[] {
  const names = [...text.matchAll(reference)].map(([, plain, braced, bracketed]) =>
    (plain ?? braced ?? bracketed)!
  );
  return [...new Set(names)].filter((name) => !name.startsWith("__"));
}

/**
 * An expression as Prometheus could get it: Grafana's own variables have a value of their kind, and
 * those of a dashboard, which stand in regular expressions, have `.*` unless `values` has another.
 */
export function withVariables(
  text: string,
  values: Readonly<Record<string, string>> = {},
): string {
  return text.replaceAll(reference, (whole, plain, braced, bracketed) => {
    const name: string = plain ?? braced ?? bracketed;
    const own = Object.hasOwn(values, name) ? values[name] : undefined;
    if (own !== undefined) return own;
    if (name.startsWith("__")) return Object.hasOwn(builtIn, name) ? builtIn[name]! : whole;
    return ".*";
  });
}
