import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { Secret } from "../engine/secret.ts";
import type { Environment } from "../state_home.ts";

/** Where a Grafana is, and how it knows us. */
export interface GrafanaAccess {
  /** Where its API's paths begin, without a slash at its end: `https://HOST/grafana`. */
  readonly url: string;
  readonly token: Secret;
}

/** The environment variable with the token. A command line would show it to everybody here. */
export const tokenVariable = "GRAFANA_TOKEN";

/**
 * The Grafana that a user names.
 *
 * @param flag What named it, for messages: `--push`.
 * @throws {ConfigError} when the address or the token can't be used.
 */
export function grafanaAccess(
  text: string,
  flag: string,
  environment: Environment,
): GrafanaAccess {
  const url = grafanaUrl(text, flag);
  const token = environment.get(tokenVariable)?.trim() ?? "";
  if (token === "") {
    throw new ConfigError(
      `Cannot use the Grafana of "${flag}" as ${tokenVariable} must be set: make a service ` +
        `account with the role Editor in Grafana, and put a token of it into this variable of the ` +
        "environment",
    );
  }
  // Whatever else is in it would end the header, or is no token to begin with.
  if (!/^[\x21-\x7e]{1,4096}$/.test(token)) {
    throw new ConfigError(
      `Cannot use the Grafana of "${flag}" as ${tokenVariable} must be one word of ASCII: ` +
        `current value has ${token.length} characters, others among them`,
    );
  }
  return { url, token: new Secret(token) };
}

/** What to warn of when the token travels unencrypted over a network; `undefined` when it doesn't. */
export function tokenWarning({ url }: GrafanaAccess): string | undefined {
  const { protocol, hostname } = new URL(url);
  const isThisMachine = hostname === "localhost" || hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname);
  return protocol === "http:" && !isThisMachine
    ? `${tokenVariable} travels unencrypted to ${quote(url)}: use https:// if you can`
    : undefined;
}

function grafanaUrl(text: string, flag: string): string {
  const refuse = (rule: string, shown = text): never => {
    throw new ConfigError(
      `Cannot use "${flag}" as ${rule}: current value is ${quote(shown)}; give it as ` +
        "https://HOST[:PORT][/PATH]",
    );
  };
  const url = URL.parse(text) ?? refuse("it must be an address");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    refuse("it must begin with https:// or http://");
  }
  if (url.username !== "" || url.password !== "") {
    // It is a secret, and stands in the list of processes by now: at least we don't repeat it.
    refuse(`it must hold no user and password (${tokenVariable} has the token)`, url.host);
  }
  if (url.search !== "" || url.hash !== "") refuse('it must have no "?" and no "#"');
  return url.origin + url.pathname.replace(/\/+$/, "");
}
