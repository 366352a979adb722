import { shellQuote } from "../../connection/quote.ts";
import { type Difference, shown } from "../change.ts";
import type { UserFact } from "../facts.ts";
import type { Planning } from "../planning.ts";
import type { UserResource } from "../resource.ts";

const noLogin = "/usr/sbin/nologin";
/** Shells that let nobody in. */
const noLoginShells = [noLogin, "/sbin/nologin", "/bin/false", "/usr/bin/false"];
/** The first number of people's accounts in Debian and Ubuntu (`UID_MIN` in login.defs). */
const firstPersonsUid = 1000;

/** Plans for a system user. An account of a person, or root, is never turned into one. */
export function planUser(resource: UserResource, planning: Planning): void {
  const { name, home } = resource;
  const user = planning.facts.users.get(name);
  const gid = planning.facts.groups.get(name);
  if (user !== undefined && (user.uid === 0 || user.uid >= firstPersonsUid)) {
    planning.refuse(
      resource,
      `Cannot use the account ${shown(name)} as a program's must be a system account ` +
        `(1 to ${firstPersonsUid - 1}): its number is ${user.uid}. Choose another name`,
    );
    return;
  }
  if (user === undefined) {
    planning.add(resource, {
      summary: `create the system user ${name} (home ${shown(home)}, no login)`,
      differences: [{ property: "user", from: null, to: name }],
      script: groupScript(name) +
        `useradd --system --gid ${shellQuote(name)} --no-create-home ` +
        `--home-dir ${shellQuote(home)} --shell ${noLogin} -- ${shellQuote(name)}\n`,
    });
    return;
  }
  const differences = userDifferences(name, user, gid);
  if (differences.length === 0) return;
  planning.add(resource, {
    summary: `update the system user ${name}`,
    differences,
    script: groupScript(name) +
      `usermod --gid ${shellQuote(name)} --shell ${noLogin} -- ${shellQuote(name)}\n`,
  });
}

function groupScript(name: string): string {
  return `getent group ${shellQuote(name)} > /dev/null || groupadd --system -- ${
    shellQuote(name)
  }\n`;
}

/** Not the home: what is there may be elsewhere by intention, and `usermod` refuses while it runs. */
function userDifferences(name: string, user: UserFact, gid: number | undefined): Difference[] {
  const differences: Difference[] = [];
  if (user.gid !== gid) {
    differences.push({ property: "group", from: String(user.gid), to: name });
  }
  if (!noLoginShells.includes(user.shell)) {
    differences.push({ property: "shell", from: shown(user.shell), to: noLogin });
  }
  return differences;
}
