import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { jobs, type ScrapedProgram } from "../catalogue.ts";
import { plain, prometheus } from "../panels/panel.ts";
import { anyJob } from "../promql/scope.ts";
import { is, type Matchers, matches, seriesSelector } from "../promql/selector.ts";

/** What a dashboard's variables choose between. */
export interface VariableOptions {
  /** One program, or both: then the dashboard has a variable `job`. */
  readonly program: ScrapedProgram | "both";
  /** A metric whose label `service` has all services; none: no such variable. */
  readonly servicesOf?: MetricDefinition;
}

/** The variables of a dashboard, in the order that all of them keep. */
export function boardVariables({ program, servicesOf }: VariableOptions): VariableModel[] {
  const ofFleet: Matchers = { fleet: matches("$fleet") };
  const ofJob: Matchers = {
    ...ofFleet,
    job: program === "both" ? matches("$job") : is(jobs[program]),
  };
  const jobMatcher = program === "both" ? anyJob : is(jobs[program]);
  const variables = [
    datasource(),
    labelVariable("fleet", "Fleet", seriesSelector("up", { job: jobMatcher })),
  ];
  if (program === "both") {
    const selected = seriesSelector("up", { ...ofFleet, job: anyJob });
    variables.push(labelVariable("job", "Program", selected));
  }
  variables.push(labelVariable("instance", "Host", seriesSelector("up", ofJob)));
  if (servicesOf !== undefined) {
    const selected = seriesSelector(servicesOf.name, ofFleet);
    const service = labelVariable("service", "Service", selected);
    service.description = "Only panels of services follow it; the others show all traffic.";
    variables.push(service);
  }
  return variables;
}

function datasource(): VariableModel {
  return finish(
    new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus").build(),
  );
}

/** The values of a label, of which the reader may choose several; all by default. */
function labelVariable(label: string, title: string, selected: string): VariableModel {
  return finish(
    new QueryVariableBuilder(label)
      .label(title)
      .datasource({ ...prometheus })
      .query({
        // Grafana's number of "label values" in its editor.
        qryType: 1,
        query: `label_values(${selected}, ${label})`,
        refId: `Variable-${label}`,
      })
      .current({ selected: true, text: ["All"], value: ["$__all"] })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.NaturalAsc)
      .multi(true)
      .includeAll(true)
      // Not a list of all values: it would not match series without the label.
      .allValue(".*")
      .build(),
  );
}

function finish(variable: VariableModel): VariableModel {
  const own = plain(variable);
  // Of variables of intervals; Grafana's types have them nowhere else.
  delete own.auto;
  delete own.auto_min;
  delete own.auto_count;
  return own;
}
