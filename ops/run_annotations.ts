/** Whether and where the commands that change a fleet write annotations for its graphs. */

import { ConfigError } from "../tunnel/errors.ts";
import type { Operator } from "./fleet/audit_script.ts";
import type { AnnotationWriter } from "./grafana/annotation_writer.ts";
import type { Environment } from "./state_home.ts";

/** Names a Grafana for every command, where the command line names none. */
const urlVariable = "ZTNA_GRAFANA_URL";

/** What annotations take. */
export interface RunAnnotationOptions {
  /** Value of `--annotate`. */
  readonly annotate: string | undefined;
  readonly environment: Environment;
  readonly operator: Operator;
  /** Gets problems; they are no reason to stop. */
  readonly warn: (text: string) => void;
}

/**
 * Begins to write annotations, where a Grafana is named.
 *
 * @throws {ConfigError} when the command line names one that can't be used.
 */
export async function openAnnotations(
  { annotate, environment, operator, warn }: RunAnnotationOptions,
): Promise<AnnotationWriter | undefined> {
  const url = annotate ?? environment.get(urlVariable) ?? "";
  if (url === "") return undefined;
  // Most runs need neither.
  const { grafanaAccess, tokenWarning } = await import("./grafana/grafana_access.ts");
  const { AnnotationWriter } = await import("./grafana/annotation_writer.ts");
  const name = annotate === undefined ? urlVariable : "--annotate";
  try {
    const access = grafanaAccess(url, name, environment);
    const warning = tokenWarning(access);
    if (warning !== undefined) warn(warning);
    return new AnnotationWriter({ access, operator, warn });
  } catch (error) {
    // Who has not asked for it this time wants the command to be done.
    if (annotate !== undefined || !(error instanceof ConfigError)) throw error;
    warn(`No annotations in Grafana: ${error.message}`);
    return undefined;
  }
}
