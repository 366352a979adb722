/** What one probe of a service through the tunnel has found. */
export interface ServiceProbe {
  /** Name of the relay's host. */
  readonly relay: string;
  readonly serviceId: string;
  /** Packets; both 0 when none could be sent. */
  readonly sent: number;
  readonly lost: number;
  /** 99th percentile of the round trips, in seconds; `null` when nothing came back. */
  readonly p99Seconds: number | null;
  /** Why none could be sent. */
  readonly error?: string;
}

/** What a relay presents to who connects to it. */
export interface ServedCertificate {
  /** The leaf, in DER. */
  readonly der?: Uint8Array;
  /** Why it could not be seen. */
  readonly error?: string;
}

/** What a program presents to who reads its metrics. */
export interface ServedMetricsCertificate extends ServedCertificate {
  readonly host: string;
  readonly program: "relay" | "connector";
}

/** What this machine has seen of a fleet from outside. */
export interface TunnelLook {
  readonly probes: readonly ServiceProbe[];
  /** By the name of the relay's host. */
  readonly served: ReadonlyMap<string, ServedCertificate>;
  /** Of programs that show their metrics to the network. */
  readonly servedMetrics?: readonly ServedMetricsCertificate[];
  /** Services that were not probed, and whether that was for want of time. */
  readonly omitted: number;
  readonly ranOutOfTime: boolean;
  /** Why there are no probes at all, and what to do behind a semicolon; for people. */
  readonly unavailable?: string;
}
