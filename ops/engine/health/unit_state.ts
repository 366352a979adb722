/** What systemd says of a service. */
export interface UnitState {
  /** Whether systemd knows the unit at all. */
  readonly isLoaded: boolean;
  /** `active`, `activating`, `inactive`, `failed` and so on. */
  readonly active: string;
  /** More exactly: `running`, `auto-restart`, `dead`. */
  readonly sub: string;
  /** How its last process ended, where it matters: `exit code 2`, `signal 9`; `null` otherwise. */
  readonly lastExit: string | null;
  /** Restarts by systemd since somebody last started it. */
  readonly restarts: number;
  /** Its main process; `null` without one. */
  readonly pid: number | null;
}

/** A unit of which nothing is known. */
export const unknownUnit: UnitState = {
  isLoaded: false,
  active: "unknown",
  sub: "unknown",
  lastExit: null,
  restarts: 0,
  pid: null,
};

/** Reads what `systemctl show` prints: `Property=value`, one a line. */
export function parseUnitState(text: string): UnitState {
  const properties = new Map<string, string>();
  for (const line of text.split("\n")) {
    const separator = line.indexOf("=");
    if (separator > 0) properties.set(line.slice(0, separator), line.slice(separator + 1));
  }
  const word = (name: string): string => {
    const value = properties.get(name) ?? "";
    return /^[a-z-]{1,40}$/.test(value) ? value : "unknown";
  };
  const count = (name: string): number => {
    const value = properties.get(name) ?? "";
    return /^\d{1,9}$/.test(value) ? Number(value) : 0;
  };
  return {
    isLoaded: word("LoadState") === "loaded",
    active: word("ActiveState"),
    sub: word("SubState"),
    lastExit: lastExit(word("Result"), count("ExecMainCode"), count("ExecMainStatus")),
    restarts: count("NRestarts"),
    pid: count("MainPID") || null,
  };
}

/** Of a waited-for process, from Linux' `siginfo_t`: it called `exit`. Anything else is a signal. */
const exitedCode = 1;

function lastExit(result: string, code: number, status: number): string | null {
  if (result === "success" || result === "unknown") return null;
  if (result === "exit-code" && code === exitedCode) return `exit code ${status}`;
  if (result === "signal" || result === "core-dump") return `signal ${status}`;
  return result;
}

/** A unit's state for people: `active (running)`, `failed (failed), exit code 2`. */
export function describeUnit({ isLoaded, active, sub, lastExit }: UnitState): string {
  if (!isLoaded) return "not installed";
  return `${active} (${sub})${lastExit === null ? "" : `, last ${lastExit}`}`;
}
