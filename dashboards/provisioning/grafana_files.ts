import type { GeneratedFile } from "../generated_file.ts";
import { scrapeInterval } from "../prometheus/prometheus_config.ts";
import { yamlFile } from "./yaml_file.ts";

const directory = "dashboards/generated/grafana/provisioning";

/** Title and uid of the folder in Grafana; `deno task dashboards --push` has the same default. */
export const grafanaFolder = "ztna-fleet";

/** Where Grafana finds the dashboards' files: beneath the home of its package, for want of a rule. */
const dashboardDirectory = "/var/lib/grafana/dashboards/ztna-fleet";

/** How often Grafana looks for changed files, in seconds; they change with releases only. */
const updateIntervalSeconds = 60;

/** Files for Grafana's provisioning: the provider of the dashboards, and Prometheus as a data source. */
export function grafanaProvisioningFiles(): GeneratedFile[] {
  return [
    yamlFile(`${directory}/dashboards/ztna-fleet.yaml`, [
      "Goes to /etc/grafana/provisioning/dashboards, and the dashboards' JSON files to the",
      `directory below. Dashboards that come so can't be changed by "deno task dashboards --push".`,
    ], {
      apiVersion: 1,
      providers: [{
        name: "ztna-fleet",
        orgId: 1,
        folder: grafanaFolder,
        folderUid: grafanaFolder,
        type: "file",
        // A dashboard whose file is gone goes, too.
        disableDeletion: false,
        updateIntervalSeconds,
        // The next file would undo such an edit without a word.
        allowUiUpdates: false,
        options: { path: dashboardDirectory, foldersFromFilesStructure: false },
      }],
    }),
    yamlFile(`${directory}/datasources/ztna-fleet.yaml`, [
      "Goes to /etc/grafana/provisioning/datasources, unless this Grafana has the Prometheus",
      "already: the dashboards ask which one to use.",
    ], {
      apiVersion: 1,
      datasources: [{
        name: "Prometheus of ztna-fleet",
        uid: "ztna-prometheus",
        type: "prometheus",
        access: "proxy",
        orgId: 1,
        url: "http://127.0.0.1:9090",
        isDefault: false,
        editable: false,
        jsonData: {
          httpMethod: "POST",
          prometheusType: "Prometheus",
          timeInterval: scrapeInterval,
        },
      }],
    }),
  ];
}
