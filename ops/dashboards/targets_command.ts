import { basename } from "node:path";
import { catalogues, type ScrapedProgram } from "../../dashboards/catalogue.ts";
import {
  prometheusConfig,
  prometheusConfigNotes,
  prometheusPaths,
} from "../../dashboards/prometheus/prometheus_config.ts";
import { yamlFile } from "../../dashboards/provisioning/yaml_file.ts";
import { ruleFiles } from "../../dashboards/rules/rule_files.ts";
import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { type CommandContext, wouldChangeExitCode } from "../command.ts";
import { type FleetCredentials, hasAuthority, readCredentials } from "../fleet/credentials.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { type FleetPaths, fleetPathsOf } from "../fleet/fleet_paths.ts";
import { readFleet } from "../fleet/read_fleet.ts";
import {
  jobOf,
  type ScrapeTargets,
  scrapeTargets,
  targetFile,
  targetUrl,
} from "../fleet/scrape_targets.ts";
import { loadSelection } from "../inventory_options.ts";
import { formatTable } from "../table.ts";
import { counted } from "../terminal/quantities.ts";
import { type PrometheusFile, writePrometheusFiles } from "./prometheus_directory.ts";

/** What the command line says. */
export interface TargetsValues {
  readonly inventory: readonly string[];
  readonly limit: string | undefined;
  /** Where Alertmanagers listen. */
  readonly alertmanager: readonly string[];
  /** Where `prometheus.yml` goes. */
  readonly out: string;
  /** Only say what would change. */
  readonly check: boolean;
  readonly json: boolean;
}

/** Version of the `--json` output. */
const schema = 1;

/**
 * `dashboards targets`: writes a directory from which a Prometheus watches a fleet, with its
 * configuration, targets, rules and certificates.
 *
 * @throws {ConfigError} when the inventory is wrong, or nothing in it can be reached.
 */
export async function targetsCommand(
  { report, signal }: CommandContext,
  values: TargetsValues,
): Promise<number> {
  const { check, json, out, alertmanager: alertmanagers } = values;
  const warn = (text: string): void => report.warn(text);
  const { inventory, hosts } = await loadSelection(values, { signal, warn });
  const fleet = readFleet(inventory, hosts);
  const found = scrapeTargets(fleet, (name) => inventory.hosts.get(name)?.groups ?? []);
  refuseNone(found);
  const usesTls = found.targets.some(({ scheme }) => scheme === "https");
  const paths = fleetPathsOf(Deno.env, fleet.name);
  const credentials = usesTls ? await credentialsOf(fleet, paths, check) : undefined;
  const changes = writePrometheusFiles(
    out,
    prometheusFilesOf(found, credentials, alertmanagers),
    check,
  );
  if (json) {
    report.json({
      ...{ schema, fleet: fleet.name, check, changes },
      targets: found.targets.map((target) => ({
        job: jobOf(target),
        instance: target.labels.instance,
        url: targetUrl(target),
      })),
      unreachable: found.unreachable,
    });
  } else {
    report.result(formatTable([
      ["JOB", "INSTANCE", "URL"],
      ...found.targets.map((target) => [jobOf(target), target.labels.instance, targetUrl(target)]),
    ]));
  }
  for (const { program, instance, reason } of found.unreachable) {
    warn(`Prometheus can't get at the ${program} on ${quote(instance)}: ${reason}`);
  }
  for (const warning of found.warnings) warn(warning);
  const files = `${counted(changes.length, "file")} in ${quote(out)}`;
  if (changes.length === 0) report.done(`All files in ${quote(out)} are up to date`);
  else if (check) report.info(`${files} would change`);
  else report.done(`${files} written: start "prometheus --config.file=${out}/prometheus.yml"`);
  return check && changes.length > 0 ? wouldChangeExitCode : 0;
}

/** The files of a Prometheus that watches `targets`. */
export function prometheusFilesOf(
  { targets }: Pick<ScrapeTargets, "targets">,
  credentials: Pick<FleetCredentials, "authorityPem" | "prometheus"> | undefined,
  alertmanagers: readonly string[],
): PrometheusFile[] {
  const file = (path: string, text: string, isSecret = false): PrometheusFile => ({
    ...{ path, text, isSecret },
  });
  const config = prometheusConfig({ alertmanagers, usesTls: credentials !== undefined });
  const prometheus = credentials?.prometheus;
  return [
    file(
      prometheusPaths.config,
      yamlFile(prometheusPaths.config, prometheusConfigNotes, config).text,
    ),
    ...(Object.keys(catalogues) as ScrapedProgram[]).map((program) =>
      file(
        prometheusPaths.targets(program),
        targetFile(targets.filter((target) => target.program === program)),
      )
    ),
    ...ruleFiles().map(({ path, text }) =>
      file(`${prometheusPaths.rules}/${basename(path)}`, text)
    ),
    ...prometheus === undefined ? [] : [
      file(prometheusPaths.caFile, credentials!.authorityPem),
      file(prometheusPaths.certificateFile, prometheus.certificatePem),
      file(prometheusPaths.keyFile, prometheus.key.reveal(), true),
    ],
  ];
}

function refuseNone({ targets, unreachable }: ScrapeTargets): void {
  if (targets.length > 0) return;
  const reasons = unreachable.map(({ program, instance, reason }) =>
    `\n  the ${program} on ${quote(instance)}: ${reason}`
  );
  throw new ConfigError(
    `Cannot write targets as Prometheus must get at one at least: ${
      reasons.length === 0 ? "no host has a relay or a connector" : `none is${reasons.join("")}`
    }`,
  );
}

/** @throws {ConfigError} on a machine that has never deployed the fleet. */
async function credentialsOf(
  fleet: Fleet,
  paths: FleetPaths,
  check: boolean,
): Promise<FleetCredentials> {
  if (!hasAuthority(paths)) {
    throw new ConfigError(
      `Cannot issue a certificate for Prometheus as the authority of fleet ${quote(fleet.name)} ` +
        `must be on this machine: there is none in ${quote(paths.tls)}; run "deno task deploy" ` +
        `first, or this on the machine that has`,
    );
  }
  return await readCredentials({ fleet, paths, check, now: Date.now() });
}
