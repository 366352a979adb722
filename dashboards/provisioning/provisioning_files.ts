import type { GeneratedFile } from "../generated_file.ts";
import { grafanaProvisioningFiles } from "./grafana_files.ts";
import { kubernetesFiles } from "./kubernetes_files.ts";

/**
 * Files by which Grafana and Kubernetes get the dashboards and rules without anybody importing them.
 *
 * @param boards The dashboards' JSON files.
 * @param rules Prometheus' rule files.
 */
export function provisioningFiles(
  boards: readonly GeneratedFile[],
  rules: readonly GeneratedFile[],
): GeneratedFile[] {
  return [...grafanaProvisioningFiles(), ...kubernetesFiles(boards, rules)];
}
