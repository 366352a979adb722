import { closestString } from "@std/text/closest-string";
import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { checkName, defaultLabName, maxHosts } from "./address_plan.ts";
import { type LinkShape, parseLinkShape } from "./link_shape.ts";

/** What happens to a host's link. */
export type LinkChange = "cut" | "mend" | "clear" | LinkShape;

/** What a command line of `deno task lab` asks for. */
export type LabCommand =
  | { readonly kind: "help" }
  | (LabAction & { readonly lab: string });

type LabAction =
  | { readonly kind: "up"; readonly hosts: number }
  | { readonly kind: "down"; readonly purge: boolean }
  | { readonly kind: "status"; readonly json: boolean }
  | {
    readonly kind: "ssh";
    readonly host: string;
    readonly user: string;
    readonly command: readonly string[];
  }
  | { readonly kind: "exec"; readonly command: readonly string[] }
  | { readonly kind: "net"; readonly host: string; readonly change: LinkChange }
  | {
    readonly kind: "start" | "stop" | "reboot" | "crash" | "freeze" | "thaw" | "reset";
    readonly host: string;
  };

/** What a command takes besides `--name` and `--help`. */
interface Syntax {
  /** Flags; those with a value, and those without. */
  readonly flags?: Readonly<Record<string, "value" | "switch">>;
  /** What its words are, for messages. */
  readonly words: string;
  readonly minWords: number;
  readonly maxWords: number;
  /** After this many words, the rest is a command of its own, with flags of its own. */
  readonly carriesAfter?: number;
}

const oneHost: Syntax = { words: "HOST", minWords: 1, maxWords: 1 };

const syntaxes: Readonly<Record<LabAction["kind"], Syntax>> = {
  up: { words: "[N]", minWords: 0, maxWords: 1 },
  down: { flags: { purge: "switch" }, words: "", minWords: 0, maxWords: 0 },
  status: { flags: { json: "switch" }, words: "", minWords: 0, maxWords: 0 },
  ssh: {
    flags: { user: "value" },
    words: "HOST [COMMAND…]",
    minWords: 1,
    maxWords: Infinity,
    carriesAfter: 1,
  },
  exec: { words: "-- COMMAND…", minWords: 1, maxWords: Infinity, carriesAfter: 0 },
  net: {
    words: "HOST cut|mend|clear|delay=MS|jitter=MS|loss=PERCENT",
    minWords: 2,
    maxWords: 4,
  },
  start: oneHost,
  stop: oneHost,
  reboot: oneHost,
  crash: oneHost,
  freeze: oneHost,
  thaw: oneHost,
  reset: oneHost,
};

/** Hosts of `lab up` without a number. */
const defaultHosts = 3;

/** What `--help` prints. */
export const labHelp = `Usage: deno task lab COMMAND [--name NAME]

Debian hosts on this machine, each with its own systemd, OpenSSH server, disk and network.
Needs Linux and root; Debian packages that are missing are installed.

  up [N]            make and boot N hosts (${defaultHosts}): relay1, relay2, connector1, …;
                    what is there already stays, what was lost is repaired
  ssh [--user USER] HOST [COMMAND…]
                    log in as root, as deploy (sudo without a password) or as operator
                    (sudo with the password "lab-password")
  exec -- COMMAND…  run a command where the hosts' addresses can be reached
  status [--json]   the hosts, their addresses, their state
  net HOST delay=20 [jitter=5] [loss=1]
                    shape the host's link: ms and percent, in each direction
  net HOST clear    take the shaping away
  net HOST cut      unplug the host's cable
  net HOST mend     plug it in again
  stop HOST         shut down
  start HOST        boot
  reboot HOST       shut down and boot
  crash HOST        cut the power
  freeze HOST       stop all of the host's processes where they are
  thaw HOST         let them go on
  reset HOST        boot with a fresh disk and another host key
  down [--purge]    remove the lab; with --purge the base image too

  --name NAME       which lab, or "ZTNA_LAB"; else "${defaultLabName}"
  ZTNA_LAB_DIR      where labs are kept; else /var/lib/ztna-lab
  ZTNA_LAB_MIRROR   Debian mirror for the base image; else that of this machine
`;

/**
 * Reads a command line.
 *
 * @param environment Gives `ZTNA_LAB`.
 * @throws {ConfigError} for the first mistake.
 */
export function parseLabArguments(
  argv: readonly string[],
  environment: { get(name: string): string | undefined },
): LabCommand {
  const { kind, words, flags } = readWords(argv);
  if (kind === undefined || flags.has("help")) return { kind: "help" };
  const lab = flags.get("name") ?? environment.get("ZTNA_LAB") ?? defaultLabName;
  checkName("lab", lab);
  const [first = "", ...rest] = words;
  switch (kind) {
    case "up":
      return { kind, lab, hosts: words.length === 0 ? defaultHosts : parseHostCount(first) };
    case "down":
      return { kind, lab, purge: flags.has("purge") };
    case "status":
      return { kind, lab, json: flags.has("json") };
    case "ssh":
      return { kind, lab, host: first, user: flags.get("user") ?? "root", command: rest };
    case "exec":
      return { kind, lab, command: words };
    case "net":
      return { kind, lab, host: first, change: parseLinkChange(rest) };
    default:
      return { kind, lab, host: first };
  }
}

function readWords(
  argv: readonly string[],
): { kind: LabAction["kind"] | undefined; words: string[]; flags: Map<string, string> } {
  let kind: LabAction["kind"] | undefined;
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const carriesAfter = kind === undefined ? undefined : syntaxes[kind].carriesAfter;
    const isCarried = carriesAfter !== undefined && words.length >= carriesAfter &&
      (words.length > 0 || !word.startsWith("-"));
    if (isCarried || (carriesAfter !== undefined && word === "--")) {
      words.push(...argv.slice(word === "--" ? at + 1 : at));
      break;
    }
    if (!word.startsWith("-")) {
      if (kind === undefined) kind = readKind(word);
      else words.push(word);
      continue;
    }
    const [, name = "", value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const type = flagType(kind, name);
    if (type === undefined) throw mistake(kind, `it has no flag ${quote(word)}`);
    if (type === "switch") {
      if (value !== undefined) throw mistake(kind, `flag "--${name}" takes no value`);
      flags.set(name === "h" ? "help" : name, "");
    } else {
      const given = value ?? argv[++at];
      if (given === undefined) throw mistake(kind, `flag "--${name}" needs a value`);
      flags.set(name, given);
    }
  }
  if (kind !== undefined && !flags.has("help")) checkWordCount(kind, words);
  return { kind, words, flags };
}

function flagType(
  kind: LabAction["kind"] | undefined,
  name: string,
): "value" | "switch" | undefined {
  if (name === "help" || name === "h") return "switch";
  if (name === "name") return "value";
  return kind === undefined ? undefined : syntaxes[kind].flags?.[name];
}

function readKind(word: string): LabAction["kind"] {
  if (Object.hasOwn(syntaxes, word)) return word as LabAction["kind"];
  const nearest = closestString(word, Object.keys(syntaxes));
  throw new ConfigError(
    `Cannot run "deno task lab" as it has no command ${quote(word)}: did you mean "${nearest}"? ` +
      `"deno task lab --help" has them all`,
  );
}

function checkWordCount(kind: LabAction["kind"], words: readonly string[]): void {
  const syntax = syntaxes[kind];
  if (words.length >= syntax.minWords && words.length <= syntax.maxWords) return;
  const given = words.length === 0 ? "nothing" : words.map((word) => quote(word)).join(" ");
  throw mistake(kind, `it takes ${syntax.words || "no words"}: ${given} is given`);
}

function mistake(kind: LabAction["kind"] | undefined, rule: string): ConfigError {
  return new ConfigError(
    `Cannot run "deno task lab${kind === undefined ? "" : ` ${kind}`}" as ${rule}; ` +
      `see "deno task lab --help"`,
  );
}

function parseHostCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= maxHosts) return count;
  throw mistake("up", `the number of hosts must be 1 to ${maxHosts}: it is ${quote(text)}`);
}

function parseLinkChange(words: readonly string[]): LinkChange {
  const [word] = words;
  if (words.length === 1 && (word === "cut" || word === "mend" || word === "clear")) return word;
  return parseLinkShape(words);
}
