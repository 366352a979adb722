import { shellCommand, shellQuote } from "../connection/quote.ts";
import { type FactRequest, requestFacts } from "./fact_request.ts";
import { firewallFactScript } from "./firewall_files.ts";
import { maxDiffBytes } from "./limits.ts";
import { defaultPendingDirectory, pendingFile } from "./pending_handlers.ts";
import type { Play } from "./resource.ts";
import { sysctlFile, sysctlKernelFile } from "./sysctl_file.ts";

/** A script whose output is gathered with the facts of resources, in the same round trip. */
export interface ExtraScript {
  /** What its output comes back as; unique. */
  readonly id: string;
  /** Run by the gathering shell, in a subshell with empty standard input. */
  readonly script: string;
}

/** How facts are gathered; the same for the script and for what reads its output. */
export interface GatherOptions {
  /** Marks our lines among others': random, in hexadecimal, new for every run. */
  readonly nonce: string;
  /** Fetches the contents of files that are no secrets, for a diff. */
  readonly diff?: boolean;
  readonly extras?: readonly ExtraScript[];
  /** Shell text in front of it all that prints nothing; the extras see the variables that it sets. */
  readonly prelude?: string;
  /** Where due handlers are kept; for tests. */
  readonly pendingDirectory?: string;
}

/** A part of the script, and the line that its output begins with. */
export interface FactSection {
  readonly name: string;
  readonly script: string;
}

/**
 * One POSIX shell script that prints everything that `play` needs to know of a host. It changes
 * nothing, and may follow other scripts or be followed by some. Built of few processes: shell
 * built-ins look at everything that they can, and each program is asked once for all resources.
 */
export function gatherScript(play: Play, options: GatherOptions): string {
  const sections = factSections(requestFacts(play), options);
  const body = sections.map(({ name, script }) => `mark ${shellQuote(name)}\n${script}`);
  return `(
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
mark() { printf '\\n%s %s\\n' ${shellQuote(options.nonce)} "$1"; }
quietly() { (script=$1; set +f --; eval "$script") > /dev/null 2>&1 < /dev/null; }
{ :
${options.prelude ?? ""}} < /dev/null
set -f
${body.join("")}mark end
)
`;
}

/** The parts of the gathering, in their order; one for nothing is left out. */
export function factSections(request: FactRequest, options: GatherOptions): FactSection[] {
  const pendingDirectory = options.pendingDirectory ?? defaultPendingDirectory;
  const { users, groups, packages, units, firewalls, conditions } = request;
  const sections = [
    ...pathSections(request, options),
    section("parents", request.parents, (parents) => existence("-d", parents)),
    section("users", users, (names) => `getent passwd ${shellCommand(names)}\n`),
    section("groups", groups, (names) => `getent group ${shellCommand(names)}\n`),
    section(
      "packages",
      packages,
      (names) =>
        `dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' -- ${
          shellCommand(names)
        } 2> /dev/null\n`,
    ),
    section("sysctls", request.sysctls, sysctlScript),
    section(
      "units",
      units,
      (names) =>
        `systemctl show --property=LoadState,ActiveState,UnitFileState,NeedDaemonReload -- ` +
        `${shellCommand(names)}\n`,
    ),
    section("firewalls", firewalls, firewallFactScript),
    section(
      "conditions",
      conditions,
      (all) => all.map(({ unless }) => `quietly ${shellQuote(unless)}; echo "$?"\n`).join(""),
    ),
    section(
      "pending",
      request.handlers,
      (ids) => existence("-e", ids.map((id) => pendingFile(id, pendingDirectory))),
    ),
  ];
  const extras = options.extras ?? [];
  sections.push(...extras.flatMap(({ script }, index) => [
    {
      name: `extra ${index}`,
      script: `(set +f --; eval ${shellQuote(script)}) < /dev/null; code=$?\n`,
    },
    { name: `extra ${index} has ended`, script: `echo "$code"\n` },
  ]));
  return sections.filter(({ script }) => script !== "");
}

function section<T>(
  name: string,
  wanted: readonly T[],
  script: (wanted: readonly T[]) => string,
): FactSection {
  return { name, script: wanted.length === 0 ? "" : script(wanted) };
}

/**
 * Paths have numbers, so that no name of theirs has to be found again in an output. What is there
 * is looked for by the shell first, because `stat` leaves out what is not.
 */
function pathSections({ paths }: FactRequest, options: GatherOptions): FactSection[] {
  if (paths.length === 0) return [];
  const variables = paths.map(({ path, bytes }, index) =>
    `p${index}=${shellQuote(path)}${bytes === undefined ? "" : ` b${index}=${bytes}`}\n`
  );
  const numbers = (wanted: (request: typeof paths[number]) => unknown): string =>
    paths.flatMap((request, index) => wanted(request) ? [index] : []).join(" ");
  const links = numbers(({ link }) => link);
  const shown = options.diff ? numbers(({ showable }) => showable) : "";
  return [
    { name: "paths", script: variables.join("") + statScript(paths.length) },
    { name: "digests", script: digestScript },
    { name: "targets", script: links && targetScript(links) },
    { name: "contents", script: shown && contentsScript(shown) },
  ];
}

/** Prints the numbers of the paths that are there, then a line of `stat` for each. */
const statScript = (count: number): string =>
  `i=0 there= list= facts=
while [ "$i" -lt ${count} ]; do
  eval "p=\\$p$i"
  if [ -L "$p" ] || [ -e "$p" ]; then there="$there $i" list="$list \\"\\$p$i\\""; fi
  i=$((i + 1))
done
eval "set -- $list"
[ "$#" -eq 0 ] || facts=$(stat --printf '%f %s %U:%G\\n' -- "$@")
printf '%s\\n%s\\n' "$there" "$facts"
`;

/** Prints the numbers of the regular files that have the wanted size, then their digests. */
const digestScript = `numbers= list=
set -- $there
IFS='
'
for fact in $facts; do
  case $fact in
  8???\\ *)
    bytes=\${fact#* }
    eval "wanted=\\\${b$1-}"
    if [ "\${bytes%% *}" = "$wanted" ]; then numbers="$numbers $1" list="$list \\"\\$p$1\\""; fi
  esac
  shift
done
unset IFS
echo "$numbers"
eval "set -- $list"
[ "$#" -eq 0 ] || sha256sum -- "$@"
`;

/** Prints the numbers of the links, then their targets, each with a NUL, in base64. */
const targetScript = (numbers: string): string =>
  `there=
set --
for i in ${numbers}; do
  eval "p=\\$p$i"
  if [ -L "$p" ]; then set -- "$@" "$p"; there="$there $i"; fi
done
echo "$there"
[ "$#" -eq 0 ] || readlink -z -- "$@" | base64 -w 0
echo
`;

/** Prints a line for each file: its number and the contents in base64. */
const contentsScript = (numbers: string): string =>
  `for i in ${numbers}; do
  eval "p=\\$p$i"
  if [ -f "$p" ] && [ ! -L "$p" ]; then
    printf '%s ' "$i"
    head -c ${maxDiffBytes + 1} -- "$p" | base64 -w 0
    echo
  fi
done
`;

/**
 * Prints a letter for each setting: whether the kernel offers it to write, to read or not at all.
 * Then the first line of each of its files, behind the file's name and a colon. (The shell's own
 * `read` takes single bytes, and these files give a number's first digit only.)
 */
function sysctlScript(names: readonly string[]): string {
  const kernelFiles = names.map(sysctlKernelFile);
  return `for p in ${shellCommand(kernelFiles)}; do
  if [ -w "$p" ]; then printf w; elif [ -e "$p" ]; then printf r; else printf -- -; fi
done
echo
grep -s -m 1 -H '' -- ${shellCommand([...kernelFiles, ...names.map(sysctlFile)])}
`;
}

/** Prints a 1 or a 0 for each path: whether `test` with this operator says yes. */
function existence(operator: "-d" | "-e", paths: readonly string[]): string {
  return `for p in ${shellCommand(paths)}; do
  if [ ${operator} "$p" ]; then printf 1; else printf 0; fi
done
echo
`;
}
