/** The values of Prometheus' text format 0.0.4, by series: name and labels as written. */
export type Series = ReadonlyMap<string, number>;

/** Reads the samples of an exposition. */
export function parseExposition(text: string): Series {
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^([^#\s{]+(?:\{.*\})?) (\S+)$/.exec(line);
    if (match !== null) series.set(match[1]!, Number(match[2]));
  }
  return series;
}

/** Whether any series of a metric is not 0; of a histogram, its count. */
export function hasMoved(series: Series, name: string): boolean {
  return [...series].some(([key, value]) => {
    const base = key.split("{")[0]!;
    return (base === name || base === `${name}_count`) && value !== 0;
  });
}
