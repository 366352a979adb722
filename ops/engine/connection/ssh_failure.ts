import { quote } from "../../../tunnel/printable.ts";
import { UnreachableError, type UnreachableReason } from "../errors.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { shellQuote } from "./quote.ts";

/** Words that every shell takes as they are. */
const plainWord = /^[\w@%+=:,./-]+$/;
/** The name of a host as ssh has it in its known hosts. */
const hostName = /^[\w.:[\]%-]+$/;
/** What ssh says when it can't even try, or not with this host. */
const unusableSettings =
  /Bad configuration option|Bad owner or permissions|contains invalid characters|Unable to negotiate/;
/** What ssh says when what it was to connect through has ended. */
const endOfProxy = /UNKNOWN port \d+/;
/** Longest text of ssh's that is shown, in UTF-16 units. */
const maxShownLength = 300;

/**
 * A jump host or a proxy command has failed without a word: ssh hides what they say when it leaves
 * a master behind. An attempt without one shows it.
 */
export class SilentProxyError extends UnreachableError {}

/**
 * What ssh's end with code 255 before the session's hello means.
 *
 * @param stderr What it has written, in English. The host can have a part in it.
 */
export function sshFailure(settings: ConnectionSettings, stderr: string): UnreachableError {
  const { reason, explanation } = explain(settings, stderr);
  const message = `Cannot connect to ${quote(settings.host)} as ${explanation}`;
  const isSilent = reason === "network" && endOfProxy.test(stderr);
  const ErrorClass = isSilent ? SilentProxyError : UnreachableError;
  return new ErrorClass(settings.host, reason, message);
}

interface Explanation {
  readonly reason: UnreachableReason;
  /** The rule, what is the case, and what to do. */
  readonly explanation: string;
}

/** The most telling message wins: a refused jump host makes ssh say that a connection closed, too. */
function explain(settings: ConnectionSettings, stderr: string): Explanation {
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY/.test(stderr)) {
    return { reason: "host_key_changed", explanation: explainChangedKey(settings, stderr) };
  }
  if (/Host key verification failed|No \S+ host key is known for/.test(stderr)) {
    return { reason: "host_key_unknown", explanation: explainUnknownKey(settings, stderr) };
  }
  const last = shown(lastLine(stderr));
  const denied = /\S+: Permission denied \([\w,-]+\)|Too many authentication failures/.exec(stderr);
  if (denied !== null) {
    return { reason: "authentication", explanation: explainDenial(stderr, denied[0]) };
  }
  const unresolved = /Could not resolve hostname ([^\n]*)/.exec(stderr);
  if (unresolved !== null) {
    const explanation = `its name must have an address: ${shown(unresolved[1]!)}; set ` +
      `"ansible_host", or check the name server`;
    return { reason: "name", explanation };
  }
  if (unusableSettings.test(stderr)) {
    const explanation = `ssh must be able to use its settings: ${last}; check ` +
      `"ansible_ssh_common_args" and ssh's configuration`;
    return { reason: "ssh", explanation };
  }
  const { address, port } = settings;
  const where = `${quote(address)}${port === undefined ? "" : ` port ${port}`}`;
  const explanation =
    `its SSH server must answer at ${where}: ${last}; check that the host is up, ` +
    `and what is between`;
  return { reason: "network", explanation };
}

function explainChangedKey(settings: ConnectionSettings, stderr: string): string {
  const offending = /Offending \S+ key in (\S[^\n]*):(\d+)/.exec(stderr);
  const fingerprint = /\bSHA256:[A-Za-z0-9+/]{43}\b/.exec(stderr)?.[0];
  const remove = /ssh-keygen -f "[^"\n]*" -R "([^"\n]*)"/.exec(stderr)?.[1];
  const name = remove !== undefined && hostName.test(remove) ? remove : knownName(settings);
  const shows = fingerprint === undefined ? "it shows another" : `it shows ${fingerprint}`;
  const known = offending === null
    ? "in ssh's known hosts"
    : `in ${quote(offending[1]!)} line ${offending[2]}`;
  const file = offending === null ? [] : ["-f", offending[1]!];
  return `its host key must be the one ${known}: ${shows}. ` +
    `Somebody may be listening in between. Only if you know why the key is new (the host was ` +
    `installed again), compare the fingerprint on the host's console and remove the old key with ` +
    `${shown(commandLine(["ssh-keygen", ...file, "-R", name]))}`;
}

function explainUnknownKey(settings: ConnectionSettings, stderr: string): string {
  const [, type, found] = /No (\S+) host key is known for (\S+) and/.exec(stderr) ?? [];
  const visit = visitCommand(settings);
  if (found === undefined && endOfProxy.test(stderr)) {
    return `the host key of every host on the way to it must be known: one is not. Run ` +
      `${
        shown(visit)
      } once, compare the fingerprints with those on the hosts' consoles, and say yes`;
  }
  const name = found !== undefined && hostName.test(found) ? found : knownName(settings);
  const [, bracketed, scanPort] = /^\[(.+)\]:(\d+)$/.exec(name) ?? [undefined, name, undefined];
  const scan = ["ssh-keyscan", ...(scanPort === undefined ? [] : ["-p", scanPort]), bracketed!];
  return `its host key must be known: there is no ${shown(type ?? "")} key of ${shown(name)} in ` +
    `ssh's known hosts. Compare what ${shown(`${commandLine(scan)} | ssh-keygen -lf -`)} says ` +
    `with the fingerprint on the host's console; then run ${shown(visit)} once and ` +
    `say yes, or give "--accept-new-host-keys"`;
}

function explainDenial(stderr: string, denial: string): string {
  const keyTrouble = /(?:Load key|Identity file|Permissions \d+ for) [^\n]*/.exec(stderr)?.[0];
  const trouble = keyTrouble === undefined ? "" : ` (${shown(keyTrouble)})`;
  const advice = denial.startsWith("Too many")
    ? `the agent offers too many; add "-o IdentitiesOnly=yes" to "ansible_ssh_common_args"`
    : `check "ansible_user" and "ansible_ssh_private_key_file", and that "ssh-add -l" lists the ` +
      `key; keys with a passphrase must be in the agent`;
  return `it must accept one of your keys: ${shown(denial)}${trouble}; ${advice}`;
}

/** The command by which the user can log in, and be asked whether a key is the host's. */
function visitCommand({ address, port, user, sshArguments }: ConnectionSettings): string {
  return commandLine([
    ...["ssh", ...sshArguments],
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    ...["--", address, "true"],
  ]);
}

/** The host's name in ssh's known hosts, unless its configuration says another. */
function knownName({ address, port }: ConnectionSettings): string {
  return port === undefined || port === 22 ? address : `[${address}]:${port}`;
}

function commandLine(words: readonly string[]): string {
  return words.map((word) => plainWord.test(word) ? word : shellQuote(word)).join(" ");
}

/** What ssh says in passing, and how it ends when something else has failed before. */
const saysLittle =
  /^(?:Authenticated to |Transferred: |Bytes per second: |kex_exchange_identification: |Connection closed by UNKNOWN )/;

/** The last line that says something. */
export function lastLine(stderr: string): string {
  const lines = stderr.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  return lines.findLast((line) => !saysLittle.test(line)) ?? lines.at(-1) ?? "it said nothing";
}

function shown(text: string): string {
  return quote(text, maxShownLength);
}
