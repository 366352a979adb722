import { Secret } from "../../engine/secret.ts";
import type { FileResource, Handler, Play, Resource } from "../../engine/resource/resource.ts";
import { type SchedulePaths, schedulePaths, type SweepSchedule } from "./sweep_schedule.ts";
import { serviceText, timerText } from "./unit_files.ts";

const reload = "reload:systemd";

/** What must be true of a machine that sweeps a fleet by the clock. */
export function installPlay(schedule: SweepSchedule): Play {
  const paths = schedulePaths(schedule.fleet);
  const restart = `restart:${paths.timer}`;
  return {
    resources: [
      ...secretResources(schedule, paths),
      file(paths.serviceFile, serviceText(schedule), 0o644, [reload]),
      file(paths.timerFile, timerText(schedule), 0o644, [reload, restart]),
      { ...timerUnit(paths), enabled: true, active: true },
    ],
    handlers: [
      reloadSystemd,
      {
        id: restart,
        summary: `let ${paths.timer} have its new times`,
        script: `systemctl try-restart -- ${paths.timer}`,
      },
    ],
  };
}

/** What must be true of a machine that sweeps a fleet no more. Its history stays. */
export function removePlay(fleet: string): Play {
  const paths = schedulePaths(fleet);
  return {
    resources: [
      { ...timerUnit(paths), enabled: false, active: false },
      ...[paths.timerFile, paths.serviceFile, paths.secretsFile].map((path) => absent(path)),
    ],
    handlers: [reloadSystemd],
  };
}

const reloadSystemd: Handler = {
  id: reload,
  summary: "reload systemd",
  script: "systemctl daemon-reload",
};

function timerUnit({ timer }: SchedulePaths): Pick<
  Extract<Resource, { kind: "service" }>,
  "kind" | "id" | "unit"
> {
  return { kind: "service", id: `service:${timer}`, unit: timer };
}

/** systemd reads them, as root, and gives them to the sweeps. */
function secretResources(
  { secrets }: SweepSchedule,
  { directory, secretsFile }: SchedulePaths,
): Resource[] {
  if (Object.keys(secrets).length === 0) return [absent(secretsFile)];
  return [
    {
      kind: "directory",
      id: `directory:${directory}`,
      path: directory,
      mode: 0o755,
      owner: "root",
      group: "root",
    },
    file(secretsFile, new Secret(secretsText(secrets)), 0o600, []),
  ];
}

function file(
  path: string,
  contents: FileResource["contents"],
  mode: number,
  notify: readonly string[],
): Resource {
  return {
    kind: "file",
    id: `file:${path}`,
    path,
    contents,
    mode,
    owner: "root",
    group: "root",
    notify,
  };
}

function absent(path: string): Resource {
  return { kind: "absent", id: `absent:${path}`, path, notify: [reload] };
}

/** Variables as an `EnvironmentFile=` of systemd has them. */
function secretsText(secrets: SweepSchedule["secrets"]): string {
  return Object.entries(secrets).map(([name, secret]) =>
    `${name}="${secret.reveal().replaceAll(/[\\"$`]/g, "\\$&")}"\n`
  ).join("");
}
