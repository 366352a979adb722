const group = "Schedule";

/** The flags of `sweep install` alone. */
export const installOptions = {
  on: {
    type: "string",
    flag: "--on",
    placeholder: "HOST",
    default: "localhost",
    group,
    help: "The host of the inventory that sweeps; localhost is this machine",
  },
  user: {
    type: "string",
    flag: "--user",
    placeholder: "NAME",
    check: (text: string): string | undefined =>
      /^[a-z_][a-z0-9_-]{0,31}$/.test(text) ? undefined : "it must be the name of a user",
    group,
    help: "Who sweeps there, with an SSH key for the fleet's hosts (default, on this machine: you)",
  },
  checkout: {
    type: "string",
    flag: "--checkout",
    placeholder: "DIR",
    check: absoluteRule,
    group,
    help: "Where this checkout is there (default: /opt/ztna-fleet; on this machine: this one)",
  },
  deno: {
    type: "string",
    flag: "--deno",
    placeholder: "FILE",
    check: absoluteRule,
    group,
    help: "Where Deno is there (default: /usr/local/bin/deno; on this machine: this one)",
  },
  print: {
    type: "choice",
    flag: "--print",
    choices: ["systemd", "crontab"],
    group,
    help: "Only print the units, or lines for a crontab",
  },
  remove: {
    type: "boolean",
    flag: "--remove",
    group,
    help: "Take the schedule away; the history stays",
  },
} as const;

function absoluteRule(text: string): string | undefined {
  return text.startsWith("/") && !/[\p{Cc}"'\\]/u.test(text)
    ? undefined
    : "it must begin with / and have no quotes or backslashes";
}
