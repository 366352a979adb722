import { CertificateStore } from "../pki/certificate_store.ts";
import type { ProbeTarget } from "../probe/target.ts";
import { readDeployment } from "./facts.ts";
import { localAddress } from "./inventory.ts";
import type { StatePaths } from "./state_paths.ts";

/** How an agent reaches the service of the local deployment; `undefined` when there is none. */
export function localProbeTarget(paths: StatePaths): ProbeTarget | undefined {
  const deployment = readDeployment(paths);
  if (deployment === undefined) return undefined;
  const store = new CertificateStore(paths.tls);
  return {
    relay: { hostname: localAddress, port: deployment.ports.relay },
    serverName: "ztna-server",
    serviceId: deployment.serviceId,
    tls: {
      identity: store.files("probe"),
      caFile: store.files("ca").certificateFile,
      verifyPeer: true,
    },
  };
}
