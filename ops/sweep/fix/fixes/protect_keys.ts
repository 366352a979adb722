import { shellQuote } from "../../../engine/connection/quote.ts";
import type { CommandResource } from "../../../engine/resource/resource.ts";
import { serviceUser } from "../../../host_paths.ts";
import { keyFilesOf, tlsDirectories } from "../../facts/tls.ts";
import type { Fix, Treatment } from "../fix.ts";

/** Sets permissions and owners right; contents are never touched. */
export const protectKeys: Fix = {
  check: "key-permissions",
  does: "Sets owner and mode of a key or of its directory right. Others may have read the key " +
    "before: then begin with a new one",

  treat({ subject: path }, { host, facts }): Treatment | undefined {
    const type = facts.tls?.paths[path]?.type;
    if (type === "directory" && tlsDirectories.includes(path)) {
      return { mend: { resources: [`directory:${path}`] } };
    }
    if (type !== "file" || !keyFilesOf(host).includes(path)) return undefined;
    return { mend: { commands: [keyPermissions(path)] } };
  },
};

/** A key's owner and mode. A link is not followed: somebody else may have put it there. */
function keyPermissions(path: string): CommandResource {
  const file = shellQuote(path);
  // Of Linux' `st_mode`: a regular file, mode 0600.
  const wanted = shellQuote(`8180 ${serviceUser} ${serviceUser}`);
  return {
    kind: "command",
    id: `permissions:${path}`,
    summary: `set ${path} to mode 0600, ${serviceUser}:${serviceUser}`,
    unless: `[ "$(stat -c '%f %U %G' -- ${file})" = ${wanted} ]`,
    script: `[ -f ${file} ] && [ ! -L ${file} ]
chown -h -- ${serviceUser}:${serviceUser} ${file}
chmod -- 0600 ${file}`,
  };
}
