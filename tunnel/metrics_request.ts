/** How a connection to the metrics listener ends, as its metric tells it. */
export const metricsRequestResults = [
  /** The client got the metrics. */
  "answered",
  /** No TLS, no certificate of the authority, or no handshake in time. */
  "no_handshake",
  /** A certificate of the authority that is not for metrics. */
  "forbidden",
  /** Not a GET or HEAD of `/metrics`, or the client left before its answer. */
  "failed",
] as const;

/** One of {@linkcode metricsRequestResults}. */
export type MetricsRequestResult = typeof metricsRequestResults[number];

/** The client that may read metrics unless another is named. */
export const defaultMetricsClient = "prometheus";

/** The DNS name in a certificate that lets its owner read metrics as `client`. */
export function metricsClientName(client: string): string {
  return `metrics.${client}.ztna`;
}

/** Says what is wrong with the name of a client that reads metrics, if anything is. */
export function checkMetricsClient(text: string): string | undefined {
  return /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(text)
    ? undefined
    : 'it must be 1 to 40 lower-case letters, digits and "-" between them';
}
