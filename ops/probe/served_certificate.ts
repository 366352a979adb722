import { systemClock } from "../../tunnel/clock.ts";
import { formatSocketAddress } from "../../tunnel/quic/address.ts";
import { RelayUnreachableError } from "./agent_errors.ts";
import { AgentLink } from "./agent_link.ts";
import type { ProbeTarget } from "./target.ts";

/**
 * The certificate that a relay presents, in DER: also one that has expired, or that another
 * authority has issued.
 *
 * @throws {RelayUnreachableError} when the relay does not answer in time, or presents none.
 * @throws `signal.reason` when it aborts first.
 */
export async function servedCertificate(
  { relay, serverName, tls }: Pick<ProbeTarget, "relay" | "serverName" | "tls">,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  const link = new AgentLink({
    ...{ relay, serverName },
    tls: { ...tls, verifyPeer: false },
    connectTimeoutMs: timeoutMs,
    unreachableHint: "check that it runs, and firewalls for UDP",
    deadAfterMs: Infinity,
    clock: systemClock,
  }, {
    onEstablished: () => {
      const [leaf] = link.peerCertificates;
      if (leaf !== undefined) return resolve(leaf.slice());
      const where = formatSocketAddress(relay);
      reject(new RelayUnreachableError(`Cannot see the certificate of ${where}: it presents none`));
    },
    onDatagram: () => {},
    onEnded: reject,
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    await link.close();
  }
}
