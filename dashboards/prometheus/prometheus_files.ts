import type { GeneratedFile } from "../generated_file.ts";
import { yamlFile } from "../provisioning/yaml_file.ts";
import { localAlertmanager, prometheusConfig, prometheusConfigNotes } from "./prometheus_config.ts";

/**
 * An example of a Prometheus' configuration; `deno task dashboards targets` writes the same with the
 * targets of a fleet.
 */
export function prometheusFiles(): GeneratedFile[] {
  return [
    yamlFile(
      "dashboards/generated/prometheus/prometheus.yaml",
      [
        '"deno task dashboards targets -i INVENTORY" writes this beside the files that it names.',
        ...prometheusConfigNotes,
      ],
      prometheusConfig({ alertmanagers: [localAlertmanager], usesTls: true }),
    ),
  ];
}
