import {
  type AnnotationQuery,
  AnnotationQueryBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { plain, prometheus } from "../panels/panel.ts";
import { boardTag } from "./links.ts";

/** Grafana's own store of annotations. */
const grafana = { type: "grafana", uid: "-- Grafana --" };

/** What the reader adds by hand; Grafana expects it in every dashboard. */
export function ownAnnotations(): AnnotationQuery {
  return finish(
    new AnnotationQueryBuilder()
      .name("Annotations & Alerts")
      .datasource({ ...grafana })
      .builtIn(1)
      .hide(true)
      .iconColor("rgba(0, 211, 255, 1)")
      .type("dashboard"),
  );
}

/** What deploy, restart and rollback write while they run. */
export function commandAnnotations(): AnnotationQuery {
  return finish(
    new AnnotationQueryBuilder().name("Commands").datasource({ ...grafana }).iconColor("purple"),
    { limit: 200, matchAny: false, tags: [boardTag], type: "tags" },
  );
}

/** A mark wherever an expression has a value. */
export interface EventAnnotation {
  readonly name: string;
  readonly expression: string;
  readonly color: string;
  /** With `{{label}}`. */
  readonly text: string;
}

/** Events that Prometheus has seen. */
export function eventAnnotations(
  { name, expression, color, text }: EventAnnotation,
): AnnotationQuery {
  return finish(
    new AnnotationQueryBuilder()
      .name(name)
      .datasource({ ...prometheus })
      .iconColor(color)
      .titleFormat(name)
      .textFormat(text)
      .tagKeys("job,instance"),
    // Where Grafana 9 and later look for the query; the SDK only knows the older place.
    { expr: expression, interval: "15s", refId: "Anno" },
  );
}

function finish(builder: AnnotationQueryBuilder, target?: object): AnnotationQuery {
  const query: AnnotationQuery = plain(builder.build());
  // The SDK's defaults: hidden in a menu, and a built-in that it is not.
  delete query.placement;
  if (query.builtIn === 0) delete query.builtIn;
  return target === undefined ? query : Object.assign(query, { target });
}
