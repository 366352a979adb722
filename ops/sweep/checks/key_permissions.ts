import { shownMode } from "../../engine/resource/change.ts";
import { serviceUser } from "../../host_paths.ts";
import type { HostCheck } from "../check.ts";
import { keyFilesOf, tlsDirectories, type TlsPath } from "../facts/tls.ts";
import { fine, type Verdict } from "../finding.ts";
import { counted } from "../../terminal/quantities.ts";
import { forHost } from "./host_commands.ts";

/** What must be at a path. */
interface Wanted {
  readonly path: string;
  readonly type: TlsPath["type"];
  readonly mode: number;
  readonly owner: string;
}

/** Whether secret files are secret, and their programs can read them. */
export const keyPermissions: HostCheck = {
  id: "key-permissions",
  looksAt: "Whether only their program may read keys, and only its group their directories",

  evaluate({ host, facts }): Verdict[] {
    const { tls } = facts;
    const keys = keyFilesOf(host);
    if (tls === undefined || keys.length === 0) return [];
    const wanted: Wanted[] = [
      ...tlsDirectories.map((path) =>
        ({ path, type: "directory", mode: 0o750, owner: "root" }) as const
      ),
      ...keys.map((path) => ({ path, type: "file", mode: 0o600, owner: serviceUser }) as const),
    ];
    const missing = tlsDirectories.find((path) => tls.paths[path] === undefined);
    const verdicts = wanted.flatMap((each): Verdict[] => {
      const found = tls.paths[each.path];
      // What a directory that is missing would hold goes without saying.
      if (missing !== undefined && each.path.startsWith(`${missing}/`)) return [];
      const bad = faultOf(each, found);
      if (bad === undefined) return [];
      const { status, value } = bad;
      const remedy = `Set it right: ${forHost(host, "deploy")}` +
        (status === "critical" && found !== undefined
          ? "; others may have read it: then begin with a new key"
          : "");
      return [{ subject: each.path, status, value, remedy }];
    });
    return verdicts.length > 0 ? verdicts : [fine("", counted(keys.length, "secret file"))];
  },
};

/** Modes that let others than owner and group in. */
const othersBits = 0o007;

function faultOf(
  { type, mode, owner }: Wanted,
  found: TlsPath | undefined,
): Pick<Verdict, "status" | "value"> | undefined {
  if (found === undefined) return { status: "critical", value: "missing" };
  if (found.type !== type) return { status: "critical", value: `a ${found.type}, not a ${type}` };
  const group = serviceUser;
  const is = `mode ${shownMode(found.mode)}, ${found.owner}:${found.group}`;
  const must = `mode ${shownMode(mode)}, ${owner}:${group}`;
  const value = `${is} instead of ${must}`;
  // A key that others read is lost; one that its program can't read only ends it.
  const isOpen = type === "file"
    ? (found.mode & 0o077) !== 0
    : (found.mode & othersBits) !== 0 || (found.mode & 0o020) !== 0;
  if (isOpen) return { status: type === "file" ? "critical" : "warning", value };
  const isAsWanted = found.mode === mode && found.owner === owner && found.group === group;
  return isAsWanted ? undefined : { status: "warning", value };
}
