/**
 * The flags that the commands on a fleet share, in sets that a command spreads into its options.
 * Letters are Ansible's.
 */

import { ConfigError } from "../tunnel/errors.ts";
import type { OptionValues } from "../tunnel/options.ts";
import {
  type HostCount,
  maxFailRule,
  parseMaxFail,
  parseSerial,
  type Serial,
  serialRule,
} from "./engine/run/batches.ts";

const output = "Output";
const connection = "Connection";
const rolling = "Rolling";

/** What is shown, and where. */
export const outputOptions = {
  json: { type: "boolean", flag: "--json", group: output, help: "Print the result as JSON" },
  verbose: {
    type: "count",
    flag: "--verbose",
    short: "-v",
    group: output,
    help: "Show changes, ssh command lines and scripts, equal ones once; twice: all, with output",
  },
  quiet: {
    type: "boolean",
    flag: "--quiet",
    short: "-q",
    group: output,
    help: "Show no progress, only warnings, errors and the result",
  },
  events: {
    type: "string",
    flag: "--events",
    placeholder: "FILE",
    group: output,
    help: "Write everything that happens to this file, one JSON object per line",
  },
} as const;

/** How hosts are reached. */
export const connectionOptions = {
  forks: {
    type: "integer",
    flag: "--forks",
    short: "-f",
    min: 1,
    max: 1024,
    default: 32,
    group: connection,
    help: "Most hosts that are worked on at a time",
  },
  connectTimeout: {
    type: "number",
    flag: "--connect-timeout",
    placeholder: "SECONDS",
    min: 0.1,
    max: 3600,
    default: 10,
    group: connection,
    help: "How long a host may take to answer",
  },
  acceptNewHostKeys: {
    type: "boolean",
    flag: "--accept-new-host-keys",
    group: connection,
    help: "Trust hosts that are connected to for the first time; changed keys are refused still",
  },
  askBecomePassword: {
    type: "boolean",
    flag: "--ask-become-pass",
    short: "-K",
    group: connection,
    help: "Ask for the password of sudo",
  },
  becomePasswordFile: {
    type: "string",
    flag: "--become-password-file",
    placeholder: "FILE",
    group: connection,
    help: "Read the password of sudo from this file",
  },
} as const;

/** What a command that changes hosts may do. */
export const changeOptions = {
  check: {
    type: "boolean",
    flag: "--check",
    short: "-C",
    help: "Only say what would change",
  },
  diff: {
    type: "boolean",
    flag: "--diff",
    short: "-D",
    help: "Show how files change",
  },
  yes: {
    type: "boolean",
    flag: "--yes",
    short: "-y",
    help: "Do not ask before changing anything",
  },
  lockTimeout: {
    type: "number",
    flag: "--lock-timeout",
    placeholder: "SECONDS",
    min: 0,
    max: 86_400,
    default: 30,
    help: "How long to wait for a host that another run has locked",
  },
  forceUnlock: {
    type: "boolean",
    flag: "--force-unlock",
    help: "End another run's lock; only when that run is gone for good",
  },
  annotate: {
    type: "string",
    flag: "--annotate",
    placeholder: "URL",
    help: "Show the run and each restart in the graphs of this Grafana, with the token in " +
      "GRAFANA_TOKEN (default: ZTNA_GRAFANA_URL, if set)",
  },
} as const;

/** Which resources a command looks at. */
export const tagOptions = {
  tags: {
    type: "strings",
    flag: "--tags",
    short: "-t",
    placeholder: "TAG,…",
    check: checkTags,
    help: "Only what has one of these tags",
  },
  skipTags: {
    type: "strings",
    flag: "--skip-tags",
    placeholder: "TAG,…",
    check: checkTags,
    help: "Nothing that has one of these tags",
  },
} as const;

/** How a change goes through the fleet. */
export const rollingOptions = {
  serial: {
    type: "string",
    flag: "--serial",
    placeholder: "N|P%|LIST",
    check: (text: string): string | undefined => parseSerial(text) ? undefined : serialRule,
    group: rolling,
    help: "Hosts per batch: a number, a percentage, or a list such as 1,10%,50% (canary first)",
  },
  maxFail: {
    type: "string",
    flag: "--max-fail",
    placeholder: "N|P%",
    default: "0",
    check: (text: string): string | undefined => parseMaxFail(text) ? undefined : maxFailRule,
    group: rolling,
    help: "Hosts of a batch that may fail without ending the run",
  },
} as const;

/** What happens to the tunnel meanwhile. */
export const tunnelOptions = {
  drainTimeout: {
    type: "integer",
    flag: "--drain-timeout",
    placeholder: "SECONDS",
    min: 0,
    max: 86_400,
    group: rolling,
    help: "How long peers have to leave a relay before it restarts; 0: none (default: the " +
      "inventory's ztna_drain_timeout)",
  },
  probe: {
    type: "boolean",
    flag: "--probe",
    default: true,
    group: rolling,
    help: "Send packets through the tunnel from this machine, and take a loss for a failure",
  },
} as const;

/** The batches that the command line wants; without `--serial` the command decides. */
export function rollingSettings(
  { serial, maxFail }: OptionValues<typeof rollingOptions>,
): { readonly serial: Serial | undefined; readonly maxFail: HostCount } {
  return {
    serial: serial === undefined ? undefined : parseSerial(serial),
    // The option's own check has let it pass.
    maxFail: parseMaxFail(maxFail)!,
  };
}

/** The tags that the command line wants, each once. */
export function tagSettings(
  { tags, skipTags }: OptionValues<typeof tagOptions>,
): { readonly only: readonly string[]; readonly skip: readonly string[] } {
  const split = (texts: readonly string[]): string[] => [
    ...new Set(texts.flatMap((text) => text.split(","))),
  ];
  return { only: split(tags), skip: split(skipTags) };
}

/**
 * Refuses flags that contradict each other.
 *
 * @throws {ConfigError} with one line for each pair.
 */
export function refuseContradictions(
  values:
    & Partial<OptionValues<typeof outputOptions>>
    & Partial<OptionValues<typeof connectionOptions>>
    & Partial<OptionValues<typeof changeOptions>>,
): void {
  const mistakes: string[] = [];
  const refuse = (flag: string, other: string): void => {
    mistakes.push(`Cannot use "${flag}" as "${other}" is given too: leave one of them out`);
  };
  if (values.quiet && (values.verbose ?? 0) > 0) refuse("--quiet", "--verbose");
  if (values.check && values.forceUnlock) refuse("--check", "--force-unlock");
  if (values.askBecomePassword && values.becomePasswordFile !== undefined) {
    refuse("--ask-become-pass", "--become-password-file");
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
}

function checkTags(text: string): string | undefined {
  return /^[\w.-]+(,[\w.-]+)*$/.test(text)
    ? undefined
    : 'it must be tags of letters, digits, "_", "." and "-" with commas between them';
}
