import { connect } from "node:tls";

/** Where metrics are shown, and who asks for them. */
export interface MetricsTarget {
  readonly hostname: string;
  readonly port: number;
  /** The certificate and key of whoever reads metrics, as PEM texts. */
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The name in the certificate of every listener for metrics. */
const serverName = "ztna-metrics";

/**
 * The certificate that a listener for metrics presents, in DER: also one that has expired, or that
 * another authority has issued.
 *
 * @throws when there is no connection in time, and the signal's reason.
 */
export async function servedMetricsCertificate(
  { hostname, port, certificatePem, keyPem }: MetricsTarget,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  const socket = connect({
    host: hostname,
    port,
    servername: serverName,
    cert: certificatePem,
    key: keyPem,
    // It is looked at here, whatever it is.
    rejectUnauthorized: false,
  });
  socket.on("error", reject);
  socket.on("secureConnect", () => {
    // Node's types promise more than the empty object that stands for no certificate.
    const { raw } = socket.getPeerCertificate() as { readonly raw?: Uint8Array };
    if (raw === undefined) return reject(new Error("it presents none"));
    resolve(new Uint8Array(raw));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}
