import * as v from "valibot";
import { ConfigError, ZtnaError } from "../../../tunnel/errors.ts";
import { checkout } from "../../checkout.ts";
import type { Connection } from "../../engine/connection/connection.ts";
import type { FleetPaths } from "../../fleet/fleet_paths.ts";
import { relayServerName } from "../../fleet/program_config.ts";
import { tunnelMeasuring } from "../../fleet/tunnel.ts";
import { hostPaths } from "../../host_paths.ts";
import { type CertificateRequest, clientCertificate } from "../../pki/certificate_request.ts";
import { CertificateStore } from "../../pki/certificate_store.ts";
import { gzip } from "../../release/build/gzip.ts";
import { programModules } from "../../release/build/program_modules.ts";
import { textFile } from "../../release/build/release_contents.ts";
import { type FileToArchive, writeTar } from "../../release/build/tar_writer.ts";
import { probesAtOnce } from "./probe_tunnels.ts";
import { remoteProbeFiles, type RemoteProbeOrder } from "./remote_probe.ts";
import type { FleetTunnel } from "./fleet_tunnels.ts";
import type { ServiceProbe } from "./tunnel_look.ts";

/** The program, relative to the checkout. */
const program = "ops/sweep/tunnels/remote_probe.ts";
/**
 * How long the certificate is good that the host gets, in days: an hour, should it be lost there.
 * The probe's own on this machine is good for a year and stays here.
 */
const certificateDays = 1 / 24;
/** Most bytes of the host's answer: 500 lines, with room for messages. */
const maxAnswerBytes = 1024 * 1024;
/** Longest message of the host's that is kept, in characters. */
const maxMessageLength = 300;
/** How long the host may take to end its probes when time is over, in ms. */
const endGraceMs = 500;
/** What the script ends with when the host has no release. */
const noReleaseCode = 3;

/** What {@linkcode probeFromHost} works with. */
export interface ProbeFromHostOptions {
  /** Opens a connection to the host. */
  readonly connect: () => Promise<Connection>;
  readonly tunnels: readonly FleetTunnel[];
  readonly paths: FleetPaths;
  /** Ends it, with what is known by then. */
  readonly signal: AbortSignal;
}

/**
 * Probes tunnels from a host of the fleet, with the Deno and the QUIC library of its release and the
 * modules of this checkout, which are in its memory as long as that takes.
 *
 * @returns What was found, or why the host can't probe; for people.
 */
export async function probeFromHost(
  { connect, tunnels, paths, signal }: ProbeFromHostOptions,
): Promise<ServiceProbe[] | string> {
  if (tunnels.length === 0) return [];
  try {
    const bundle = await bundleOf(tunnels, paths, signal);
    await using connection = await connect();
    const lines: string[] = [];
    const { code, stderr } = await connection.run(remoteProbeScript, {
      what: "probe the tunnels from there",
      input: { length: bundle.length, stream: ReadableStream.from([bundle]) },
      maxOutputBytes: maxAnswerBytes,
      endGraceMs,
      signal,
      onLine: (stream, line) => {
        if (stream === "stdout" && lines.length <= tunnels.length) lines.push(line);
      },
    });
    if (code === noReleaseCode) {
      return `${connection.host} has no release to probe with; deploy to it`;
    }
    const probes = readProbes(lines, tunnels);
    if (probes.length > 0 || code === 0) return probes;
    const why = stderr.trim().slice(-maxMessageLength).replaceAll(";", ",");
    return `${connection.host} can't probe: ${why}; deploy to it, or probe from another host`;
  } catch (error) {
    if (error instanceof ZtnaError) return error.message;
    if (signal.aborted) return [];
    throw error;
  }
}

/** What the program is made of and works with, as a compressed tar archive. */
async function bundleOf(
  tunnels: readonly FleetTunnel[],
  paths: FleetPaths,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { files } = await programModules(checkout, [program], signal);
  const modules = files.map((path): FileToArchive => ({
    ...{ path, executable: false },
    contents: Deno.readFileSync(`${checkout}/${path}`),
  }));
  const order: RemoteProbeOrder = {
    targets: tunnels.map(({ relay, service }) => ({
      relay: relay.name,
      // As other hosts reach it: only this machine may have another way.
      ...relay.relay!.address,
      serverName: relayServerName,
      serviceId: service.id,
      protocol: service.probe,
    })),
    atOnce: probesAtOnce,
    ...tunnelMeasuring,
  };
  const { authorityPem, certificatePem, keyPem } = await shortLivedCredential(tunnels, paths);
  return await gzip(writeTar([
    ...modules,
    textFile(remoteProbeFiles.order, JSON.stringify(order)),
    textFile(remoteProbeFiles.authority, authorityPem),
    textFile(remoteProbeFiles.certificate, certificatePem),
    textFile(remoteProbeFiles.key, keyPem),
  ]));
}

async function shortLivedCredential(
  tunnels: readonly FleetTunnel[],
  paths: FleetPaths,
): Promise<{ authorityPem: string; certificatePem: string; keyPem: string }> {
  const now = Date.now();
  const authority = await new CertificateStore(paths.tls).openAuthority(now);
  if (authority === undefined) {
    throw new ConfigError(
      "Cannot probe from another host as this machine must have the fleet's authority, to make a " +
        "certificate for it: there is none; sweep from the machine that deploys",
    );
  }
  const ids = [...new Set(tunnels.map(({ service }) => service.id))];
  const issued = await authority.issue(requestFor(ids), now, certificateDays);
  return { authorityPem: authority.certificatePem, ...issued };
}

function requestFor(ids: readonly string[]): CertificateRequest {
  try {
    return clientCertificate("agent", "probe", ids);
  } catch (error) {
    // One of them can't be named.
    if (error instanceof ConfigError) return clientCertificate("agent", "probe", ["*"]);
    throw error;
  }
}

/** Unpacks the archive on standard input in memory, runs what is in it, and leaves nothing. */
const remoteProbeScript = `set -eu
umask 077
release=$(readlink -e ${hostPaths.current}) && IFS= read -r runtime < "$release/runtime" ||
  exit ${noReleaseCode}
directory=$(mktemp -d /run/ztna-probe.XXXXXX)
trap 'rm -rf "$directory"' EXIT
trap 'exit 143' HUP INT TERM
cd "$directory"
tar -xzf - --no-same-permissions
DENO_DIR=/dev/null DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 ${hostPaths.runtimes}/"$runtime"/deno \\
  run --quiet --no-prompt --no-check --cached-only --no-remote --no-lock \\
  --config="$release/deno.json" --allow-net --allow-read="$directory" --allow-ffi \\
  "$directory"/${program} < /dev/null
`;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const probeSchema = v.object({
  relay: v.string(),
  serviceId: v.string(),
  sent: count,
  lost: count,
  p99Seconds: v.nullable(v.pipe(v.number(), v.minValue(0), v.finite())),
  error: v.exactOptional(v.string()),
});

/** What a host says of the tunnels that it was asked about; whatever else it says is passed over. */
export function readProbes(
  lines: readonly string[],
  tunnels: readonly FleetTunnel[],
): ServiceProbe[] {
  const key = (relay: string, serviceId: string): string => JSON.stringify([relay, serviceId]);
  const asked = new Set(tunnels.map(({ relay, service }) => key(relay.name, service.id)));
  const found = new Map<string, ServiceProbe>();
  for (const line of lines) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    const { success, output } = v.safeParse(probeSchema, value);
    if (!success || output.lost > output.sent) continue;
    const id = key(output.relay, output.serviceId);
    const { error, ...probe } = output;
    if (!asked.has(id)) continue;
    found.set(id, {
      ...probe,
      ...error !== undefined && { error: error.slice(0, maxMessageLength) },
    });
  }
  return [...found.values()];
}
