import { boardFiles } from "./boards/board_files.ts";
import type { GeneratedFile } from "./generated_file.ts";
import { metricsDocument } from "./metrics_document.ts";
import { prometheusFiles } from "./prometheus/prometheus_files.ts";
import { provisioningFiles } from "./provisioning/provisioning_files.ts";
import { alertmanagerFile } from "./rules/alertmanager_file.ts";
import { ruleFiles } from "./rules/rule_files.ts";

/** Everything that is generated, in the order of its paths; the same code gives the same bytes. */
export function generateFiles(): GeneratedFile[] {
  const boards = boardFiles();
  const rules = ruleFiles();
  const files: GeneratedFile[] = [
    ...boards,
    ...rules,
    alertmanagerFile(),
    ...prometheusFiles(),
    ...provisioningFiles(boards, rules),
    metricsDocument(),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
