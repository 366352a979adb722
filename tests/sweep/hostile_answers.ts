import { endlessAdminServer, escapes, noise } from "../fleet/hostile_output.ts";
import type { Fault } from "./fault.ts";
import { shadow } from "./faults/pretences.ts";

/** A host that answers what it likes. */
export interface HostileAnswer extends Pick<Fault, "breaks" | "mends"> {
  /** Continues "a host that …". */
  readonly title: string;
  /** Checks that may say something of this host: nobody else has a part in it. */
  readonly checks: readonly string[];
}

/** The host that does so. */
export const hostileHost = "connector1";

/** What there is, here or there, once somebody has taken a host's texts for commands. */
export const traceFile = "/tmp/ztna-sweep-owned";

/** As long as a sweep lets one host take, in seconds. */
export const hostTimeoutSeconds = 5;

/** What of other hosts depends on what this one says. */
export const dependent: readonly string[] = ["services"];

/** What a line of text ends at takes the rest of it with it. */
const inOneLine = escapes.replace("\\r", "");

/** Answers that are too long, too slow, cut off or made to do harm. */
export const hostileAnswers: readonly HostileAnswer[] = [
  {
    title: "drowns its answers in noise",
    ...shadow(hostileHost, "systemctl", `${noise}\n${noise} >&2`),
    // It is asked more than once: that may take longer than it has.
    checks: ["answer", "reachable"],
  },
  {
    title: "makes noise wherever it is asked for a number",
    ...shadow(hostileHost, "date", noise),
    checks: ["answer"],
  },
  {
    title: "says one letter at a time, and does not come to an end",
    ...shadow(hostileHost, "date", "while :; do printf x; sleep 0.5; done"),
    checks: ["reachable"],
  },
  {
    title: "says half of what it should",
    ...shadow(hostileHost, "df", `exec /usr/bin/df "$@" | head -c 60`),
    checks: ["answer"],
  },
  {
    title: "gives its things names that do harm",
    ...shadow(
      hostileHost,
      "df",
      `/usr/bin/df "$@"
      printf '1 1 0 1 1 / ext4 /%b; $(touch ${traceFile})\\n' '${inOneLine}'
      printf '\\036 end 0\\n\\036%s end 0\\nend\\nunwritable /run\\n' "$(yes 0 | head -n 16 | tr -d '\\n')"`,
    ),
    checks: ["disk-space", "inodes", "read-only-disk", "answer"],
  },
  {
    title: "says that numbers are larger than any",
    ...shadow(
      hostileHost,
      "df",
      `printf '9999999999999999999 9999999999999999999 0 1 9999999999999999999 / ext4 /\\n'`,
    ),
    checks: ["disk-space", "inodes"],
  },
  {
    title: "has a program that answers without end",
    breaks: `systemctl stop ztna-connector@a
cat >/run/evil.py <<'end'
${endlessAdminServer(9091)}end
systemd-run --quiet --unit=evil python3 /run/evil.py
until ss -ltn | grep -q :9091; do sleep 0.1; done`,
    mends: "systemctl stop evil; systemctl start ztna-connector@a",
    checks: ["unit", "ports"],
  },
];
