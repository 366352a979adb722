import { parse } from "yaml";
import type { GeneratedFile } from "../generated_file.ts";
import { grafanaFolder } from "./grafana_files.ts";
import { yamlFile } from "./yaml_file.ts";

const directory = "dashboards/generated/kubernetes";

/**
 * Most that a ConfigMap may hold, in bytes: Kubernetes' limit of 1 MiB for all of its data, less
 * what its metadata takes in the store.
 */
export const maxConfigMapBytes = 1_048_576 - 16_384;

/** Labels of everything that is ours in a cluster. */
const labels = {
  "app.kubernetes.io/name": "ztna-fleet",
  "app.kubernetes.io/part-of": "ztna-fleet",
  "app.kubernetes.io/managed-by": "ztna-fleet",
} as const;

/**
 * Files for Kubernetes: a ConfigMap for each dashboard, as the sidecar of Grafana's chart finds
 * them, and the rules, both as a ConfigMap for a Prometheus that reads files and as a PrometheusRule
 * for the Prometheus operator.
 *
 * @throws {RangeError} when a dashboard or the rules are larger than a ConfigMap may be.
 */
export function kubernetesFiles(
  boards: readonly GeneratedFile[],
  rules: readonly GeneratedFile[],
): GeneratedFile[] {
  return [
    ...boards.map((board) => dashboardConfigMap(board)),
    configMap("ztna-fleet-rules", [
      "For a Prometheus that reads its rules from files; with the Prometheus operator use",
      "prometheus-rule.yaml.",
    ], { data: dataOf(rules) }),
    prometheusRule(rules),
  ];
}

function dashboardConfigMap(board: GeneratedFile): GeneratedFile {
  const name = baseName(board.path).replace(/\.json$/, "");
  return configMap(`ztna-fleet-dashboard-${name}`, [
    "The sidecar of Grafana's Helm chart takes it because of the label grafana_dashboard, and, with",
    "folderAnnotation: grafana_folder, puts it into that folder.",
  ], {
    labels: { grafana_dashboard: "1" },
    annotations: { grafana_folder: grafanaFolder },
    data: { [`ztna-${name}.json`]: board.text },
  });
}

function configMap(
  name: string,
  about: readonly string[],
  { data, labels: own = {}, annotations }: {
    readonly data: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  },
): GeneratedFile {
  const bytes = Object.entries(data).flat()
    .reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  if (bytes > maxConfigMapBytes) {
    throw new RangeError(
      `Cannot make the ConfigMap "${name}" as it may hold at most ${maxConfigMapBytes} bytes: ` +
        `current value is ${bytes}`,
    );
  }
  return yamlFile(`${directory}/${name.replace(/^ztna-fleet-/, "")}.yaml`, about, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      labels: { ...labels, ...own },
      ...annotations !== undefined && { annotations },
    },
    data,
  });
}

/** The custom resource of the Prometheus operator, with the groups of all rule files. */
function prometheusRule(rules: readonly GeneratedFile[]): GeneratedFile {
  const groups = rules.flatMap(({ text }) =>
    (parse(text) as { readonly groups: readonly unknown[] }).groups
  );
  return yamlFile(`${directory}/prometheus-rule.yaml`, [
    "For the Prometheus operator; add the labels that its ruleSelector wants.",
  ], {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "ztna-fleet", labels },
    spec: { groups },
  });
}

function dataOf(files: readonly GeneratedFile[]): Record<string, string> {
  return Object.fromEntries(files.map(({ path, text }) => [baseName(path), text]));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
