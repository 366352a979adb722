import { generateFiles } from "../../dashboards/generate.ts";
import { escapeControls, quote } from "../../tunnel/printable.ts";
import { checkout, checkoutVersion } from "../checkout.ts";
import { type CommandContext, wouldChangeExitCode } from "../command.ts";
import { isRecord, type JsonRecord, parseAnswer } from "../grafana/answer.ts";
import { grafanaAccess, tokenWarning } from "../grafana/grafana_access.ts";
import { GrafanaClient } from "../grafana/grafana_client.ts";
import { publishDashboards, type PublishResult } from "../grafana/publish.ts";
import { publishText } from "./publish_text.ts";

/** What the command line says. */
export interface PushValues {
  readonly push: string;
  readonly folder: string;
  readonly dryRun: boolean;
  readonly overwrite: boolean;
  readonly json: boolean;
}

/** Version of the `--json` output. */
const schema = 1;
const boardDirectory = "dashboards/generated/grafana/dashboards/";
/** All dashboards of ours have it. */
const tag = "ztna-fleet";

/** `dashboards --push`: publishes what is generated now to a Grafana. */
export async function pushCommand(
  { report, screen, signal }: CommandContext,
  { push, folder, dryRun, overwrite, json }: PushValues,
): Promise<number> {
  const access = grafanaAccess(push, "--push", Deno.env);
  const warning = tokenWarning(access);
  if (warning !== undefined) report.warn(warning);
  const client = new GrafanaClient(access, { signal });
  const result = await publishDashboards(client, {
    dashboards: generatedDashboards(),
    ...{ folder, tag, dryRun, overwrite },
    message: `ztna-fleet ${checkoutVersion(checkout)}: deno task dashboards --push`,
  });
  const { stoppedBy, ...told } = result;
  if (json) {
    const error = stoppedBy?.message ?? null;
    report.json({ schema, url: client.url, dryRun, error, ...told });
  } else {
    screen.endLive();
    report.result(publishText(result, { dryRun, url: client.url, color: report.color }));
  }
  if (stoppedBy !== undefined) {
    report.error(`${stoppedBy.message}\nWhat was told is done; run it again for the rest`);
  }
  for (const { title, uid } of result.leftOver) {
    report.warn(
      `The dashboard ${quote(title)} (${escapeControls(uid)}) is not generated any more: delete ` +
        "it in Grafana if nobody needs it",
    );
  }
  return exitCodeOfPublish(result, dryRun);
}

/** 1 when a dashboard is not as it must be; with a dry run, 3 when something would change. */
export function exitCodeOfPublish(
  { dashboards, folder, stoppedBy }: PublishResult,
  dryRun: boolean,
): number {
  const results = new Set(dashboards.map(({ result }) => result));
  if (stoppedBy !== undefined || results.has("failed") || results.has("kept")) return 1;
  const isChange = results.has("created") || results.has("updated") || folder.result === "created";
  return dryRun && isChange ? wouldChangeExitCode : 0;
}

function generatedDashboards(): JsonRecord[] {
  return generateFiles().filter(({ path }) => path.startsWith(boardDirectory))
    .map(({ text }) => parseAnswer(text)).filter(isRecord);
}
