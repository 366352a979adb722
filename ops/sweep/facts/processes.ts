import { type FleetHost, type ProgramName, programsOf, unitOf } from "../../fleet/fleet.ts";
import type { FactSource } from "./fact_source.ts";

/** The main process of a program that runs. */
export interface ProcessFacts {
  readonly pid: number;
  /** `active`, `activating`, `deactivating`, …: while it comes or goes, less is expected of it. */
  readonly state: string;
  /** File descriptors that it has open, and how many it may have. */
  readonly openFiles: number;
  readonly maxOpenFiles: number;
  /** Whether it works with libraries of the system that were replaced since it started. */
  readonly hasOldLibraries: boolean;
}

/** What a host tells of processes. */
export interface ProcessesFacts {
  /** Whether the host has shown us what only root sees. */
  readonly isRoot: boolean;
  /** The programs' main processes, `null` without one; those of which systemd tells. */
  readonly programs: Readonly<Partial<Record<ProgramName, ProcessFacts | null>>>;
}

/** The main processes of a host's programs. */
export const processes: FactSource<ProcessesFacts> = {
  // A process may end while it is looked at: then there is no limit, and it is left out.
  script: () =>
    `id= state= pid= limit=
[ ! -O /proc/1 ] || echo root
printf '%s\\n' "$units" | while IFS='=' read -r name value; do
  case $name in
  Id) id=$value ;;
  ActiveState) state=$value ;;
  MainPID) pid=$value ;;
  esac
  [ -n "$id" ] && [ -n "$state" ] && [ -n "$pid" ] || continue
  if [ "$pid" = 0 ]; then
    echo "$id none"
  else
    set -- /proc/"$pid"/fd/*
    while read -r a b c d _; do
      [ "$a $b $c" != 'Max open files' ] || limit=$d
    done < /proc/"$pid"/limits
    old=no
    ! grep -Eqs '\\.so[.0-9]* \\(deleted\\)$' /proc/"$pid"/maps || old=yes
    echo "$id $state $pid $# $limit $old"
  fi
  id= state= pid= limit=
done 2> /dev/null
echo end
`,

  parse(output, { host }): ProcessesFacts | undefined {
    const lines = output.split("\n");
    if (!lines.includes("end")) return undefined;
    const programs: Partial<Record<ProgramName, ProcessFacts | null>> = {};
    for (const line of lines) {
      const [, unit, rest] = /^(\S{1,100}) (.{1,100})$/.exec(line) ?? [];
      const program = unit === undefined ? undefined : programOf(host, unit);
      const found = program === undefined ? undefined : readProcess(rest!);
      if (found !== undefined) programs[program!] = found;
    }
    return { isRoot: lines.includes("root"), programs };
  },
};

function readProcess(text: string): ProcessFacts | null | undefined {
  if (text === "none") return null;
  const [, state, pid, openFiles, limit, old] =
    /^([a-z]{1,20}) (\d{1,10}) (\d{1,10}) (\d{1,19}|unlimited) (yes|no)$/.exec(text) ?? [];
  if (state === undefined) return undefined;
  return {
    state,
    pid: Number(pid),
    openFiles: Number(openFiles),
    maxOpenFiles: limit === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(limit),
    hasOldLibraries: old === "yes",
  };
}

function programOf(host: FleetHost, unit: string): ProgramName | undefined {
  return programsOf(host).find((program) => unitOf(program) === unit);
}
