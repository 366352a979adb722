/** Where things are on a host (design.md, section 7). */
export const hostPaths = {
  /** Runtimes, releases and the link `current`. */
  root: "/opt/ztna",
  releases: "/opt/ztna/releases",
  runtimes: "/opt/ztna/runtime",
  current: "/opt/ztna/current",
  config: "/etc/ztna",
  tls: "/etc/ztna/tls",
  /** The programs' own; they keep nothing there yet. */
  state: "/var/lib/ztna",
  /** What a failed deploy puts back; root's alone, as all that the engine remembers on a host. */
  snapshot: "/var/lib/ztna-fleet/snapshot",
  /** Held by the session of whoever changes the host. */
  lock: "/run/ztna.lock",
  units: "/etc/systemd/system",
} as const;

/** The system user and group of all programs. */
export const serviceUser = "ztna";
