import { assert } from "@std/assert";
import { fleetPathsOf } from "../../../ops/fleet/fleet_paths.ts";
import { CertificateStore } from "../../../ops/pki/certificate_store.ts";
import {
  certificateLifetimeDays,
  type IssuedCertificate,
} from "../../../ops/pki/certificate_authority.ts";
import { serverCertificate } from "../../../ops/pki/certificate_request.ts";
import { hostPaths } from "../../../ops/host_paths.ts";
import type { Fault } from "../fault.ts";
import type { SweepLab } from "../sweep_lab.ts";

type Steps = Pick<Fault, "breaks" | "mends">;

const files = ["relay.pem", "relay.key"].map((name) => `${hostPaths.tls}/${name}`);

/** The relay's certificate on its disk is one that is long over; the relay has not read it. */
export const expired: Steps = otherCertificate(certificateLifetimeDays + 10);

/** The relay's certificate on its disk is a new one; the relay has not read it. */
export const renewed: Steps = otherCertificate(0);

function otherCertificate(ageDays: number): Steps {
  return {
    breaks: async (lab) => {
      const { certificatePem, keyPem } = await issue(lab, Date.now() - ageDays * 86_400_000);
      const [certificateFile, keyFile] = files;
      await lab.sh(
        "relay1",
        `cp -a ${files.join(" ")} /run/
        cat > ${certificateFile} <<'end'\n${certificatePem.trimEnd()}\nend
        cat > ${keyFile} <<'end'\n${keyPem.trimEnd()}\nend`,
      );
    },
    mends: (lab) => lab.sh("relay1", `mv /run/relay.pem /run/relay.key ${hostPaths.tls}/`),
  };
}

/** Has the fleet's own authority issue another certificate for its relay. */
async function issue({ fleet }: SweepLab, atMs: number): Promise<IssuedCertificate> {
  const { tls } = fleetPathsOf(new Map(Object.entries(fleet.environment)), "lab");
  const authority = await new CertificateStore(tls).openAuthority(Date.now());
  assert(authority !== undefined);
  const { address } = fleet.host("relay1");
  return await authority.issue(serverCertificate("relay", "relay.relay1", [address]), atMs);
}
