import { ConfigError } from "./errors.ts";

/** What could not listen, and which flags say where. */
export interface ListenAttempt {
  /** For the message: `admin server`. */
  readonly server: string;
  readonly hostname: string;
  readonly port: number;
  readonly portFlag: string;
}

/** The error for a TCP address that can't be listened on, whichever library has said so. */
export function listenError(attempt: ListenAttempt, cause: unknown): ConfigError {
  const { server, hostname, port, portFlag } = attempt;
  const at = `current value is "${hostname}:${port}"`;
  const start = `Cannot start the ${server} as`;
  if (isAddressInUse(cause)) {
    const next = `choose another port with "${portFlag}"`;
    return new ConfigError(`${start} the port is in use: ${at}, ${next}`, { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const next = `set a free port with "${portFlag}" and an address of this host`;
  return new ConfigError(`${start} its address can't be listened on (${reason}): ${at}, ${next}`, {
    cause,
  });
}

function isAddressInUse(cause: unknown): boolean {
  return cause instanceof Deno.errors.AddrInUse ||
    (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE");
}
