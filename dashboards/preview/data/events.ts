import type { AnnotationQuery } from "../board/board.ts";
import { interpolateQuery, type Scope, stepFor } from "../board/interpolation.ts";
import { maxSeries } from "./panel_data.ts";
import { type DataSource, fillLabels, type Series } from "./source.ts";

/** A time in which an annotation's expression had a value. */
export interface Event {
  readonly annotation: AnnotationQuery;
  readonly labels: Series["labels"];
  /** Seconds since 1970. */
  readonly start: number;
  /** The same as `start` for a moment. */
  readonly end: number;
}

/** What a dashboard draws over its panels, in the order of time. */
export interface Events {
  readonly events: readonly Event[];
  /** One line for each annotation that could not be asked for. */
  readonly errors: readonly string[];
}

/** Most events that are drawn; more would hide the panels. */
const maxEvents = 200;

/** Asks Prometheus for a dashboard's annotations. Grafana's own are in Grafana only. */
export async function loadEvents(
  annotations: readonly AnnotationQuery[],
  source: DataSource,
  scope: Omit<Scope, "step">,
): Promise<Events> {
  const errors: string[] = [];
  const step = stepFor(scope.range, 400, scope.scrapeInterval);
  const events = await Promise.all(annotations.map(async (annotation): Promise<Event[]> => {
    const expression = annotation.target?.expr || annotation.expr;
    if (!annotation.enable || expression === "") return [];
    try {
      const query = interpolateQuery(expression, { ...scope, step });
      const series = await source.queryRange(query, scope.range, step);
      return series.slice(0, maxSeries).flatMap((one) => eventsOf(annotation, one, step));
    } catch (error) {
      errors.push(`${annotation.name}: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  }));
  const sorted = events.flat().sort((a, b) => a.start - b.start);
  return { events: sorted.slice(0, maxEvents), errors };
}

/** Values that follow each other are one event. */
function eventsOf(annotation: AnnotationQuery, { labels, points }: Series, step: number): Event[] {
  const events: Event[] = [];
  for (const [seconds, value] of points) {
    if (!(value > 0)) continue;
    const last = events.at(-1);
    if (last !== undefined && seconds - last.end <= step * 1.5) {
      events[events.length - 1] = { ...last, end: seconds };
    } else events.push({ annotation, labels, start: seconds, end: seconds });
  }
  return events;
}

/** What an event says: its annotation's name and text, with the labels filled in. */
export function eventText({ annotation, labels }: Event): string {
  const title = fillLabels(annotation.titleFormat, labels) || annotation.name;
  const text = fillLabels(annotation.textFormat, labels);
  return text === "" ? title : `${title}: ${text}`;
}
