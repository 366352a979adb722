import { writeFileAtomically } from "../atomic_file.ts";
import { Secret } from "../engine/secret.ts";
import { DeploymentLock } from "../deployment_lock.ts";
import type { CertificateAuthority } from "../pki/certificate_authority.ts";
import {
  type CertificateRequest,
  clientCertificate,
  isCertifiableHost,
  metricsClientCertificate,
  serverCertificate,
} from "../pki/certificate_request.ts";
import { CertificateStore } from "../pki/certificate_store.ts";
import { renewalReason } from "../pki/renewal.ts";
import { retryKeyBytes } from "../pki/retry_key.ts";
import { type Fleet, type FleetHost, metricsTargetsOf } from "./fleet.ts";
import type { FleetPaths } from "./fleet_paths.ts";
import { isWildcard } from "./host_metrics.ts";

/** A certificate with its key, for a host. */
export interface Credential {
  readonly certificatePem: string;
  readonly key: Secret;
}

/** What the programs of a fleet prove and trust. */
export interface FleetCredentials {
  /** The authority's certificate (PEM). */
  readonly authorityPem: string;
  /** By host; only hosts with a relay have one. */
  readonly relays: ReadonlyMap<string, Credential>;
  readonly connectors: ReadonlyMap<string, Credential>;
  /** By host; only hosts that show their metrics have one. */
  readonly metrics: ReadonlyMap<string, Credential>;
  /** Prometheus'; `undefined` when no host shows its metrics. */
  readonly prometheus: Credential | undefined;
  /** The relays' shared key, 64 hexadecimal digits. */
  readonly retryKey: Secret;
  /** What was made anew, or would be: one line each, for people. */
  readonly changes: readonly string[];
}

/** Names of certificates in the fleet's store. */
const probeName = "probe";
const prometheusName = "prometheus";

/** How {@linkcode readCredentials} works. */
export interface CredentialOptions {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  /** Writes nothing: what is missing is made for this run alone. */
  readonly check: boolean;
  /** Names of the hosts whose certificates are wanted; all by default. */
  readonly only?: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The credentials of all hosts, those that are missing, outdated or about to expire made anew.
 *
 * @throws {ConfigError} when the authority's files are damaged, or a name can't be certified.
 * @throws {LockedError} when another command is making certificates.
 */
export async function readCredentials(options: CredentialOptions): Promise<FleetCredentials> {
  const { fleet, paths, check } = options;
  if (check) return await collect(options, new CertificateStore(paths.tls));
  Deno.mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  using _lock = DeploymentLock.take(paths.lockFile, `make certificates of fleet ${fleet.name}`);
  return await collect(options, new CertificateStore(paths.tls));
}

/** How an agent of ours proves itself to the fleet's relays: files on the laptop. */
export function probeCredentialFiles(
  paths: FleetPaths,
): { certificateFile: string; keyFile: string; caFile: string } {
  const store = new CertificateStore(paths.tls);
  return { ...store.files(probeName), caFile: store.files("ca").certificateFile };
}

/**
 * What the last deploy gave to a host, from the files on this machine; `undefined` when one of them
 * is not there. Nothing is made anew, and nothing is looked at: for comparing.
 */
export function storedCredentials(
  paths: FleetPaths,
  host: FleetHost,
): FleetCredentials | undefined {
  const store = new CertificateStore(paths.tls);
  const credential = (program: string): ReadonlyMap<string, Credential> => {
    const { certificateFile, keyFile } = store.files(`${program}-${host.name}`);
    return new Map([[host.name, {
      certificatePem: Deno.readTextFileSync(certificateFile),
      key: new Secret(Deno.readTextFileSync(keyFile)),
    }]]);
  };
  return ifThere(() => ({
    authorityPem: Deno.readTextFileSync(store.files("ca").certificateFile),
    relays: host.relay === undefined ? new Map() : credential("relay"),
    connectors: host.connector === undefined ? new Map() : credential("connector"),
    metrics: metricsTargetsOf(host).length === 0 ? new Map() : credential("metrics"),
    prometheus: undefined,
    retryKey: new Secret(Deno.readTextFileSync(retryKeyFileOf(paths))),
    changes: [],
  }));
}

/** The certificate of a fleet's authority (PEM), if this machine has it. */
export function storedAuthority(paths: FleetPaths): string | undefined {
  const { certificateFile } = new CertificateStore(paths.tls).files("ca");
  return ifThere(() => Deno.readTextFileSync(certificateFile));
}

/** What Prometheus proves itself with, if this machine has it. */
export function storedPrometheus(paths: FleetPaths): Credential | undefined {
  const { certificateFile, keyFile } = new CertificateStore(paths.tls).files(prometheusName);
  return ifThere(() => ({
    certificatePem: Deno.readTextFileSync(certificateFile),
    key: new Secret(Deno.readTextFileSync(keyFile)),
  }));
}

/** What is read from files; `undefined` when one of them is not there, or not for us. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (isAbsent) return undefined;
    throw error;
  }
}

/** What the certificate of a host's program must say. The host must have the program. */
export function certificateRequestOf(
  host: FleetHost,
  program: "relay" | "connector" | "metrics",
): CertificateRequest {
  switch (program) {
    case "relay":
      return relayRequest(host);
    case "connector":
      return connectorRequest(host);
    case "metrics":
      return metricsRequest(host);
  }
}

/** Whether this machine has the authority of a fleet: certificates of another are worth nothing. */
export function hasAuthority(paths: FleetPaths): boolean {
  try {
    return Deno.statSync(new CertificateStore(paths.tls).files("ca").keyFile).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** An authority that is kept nowhere. Loaded where it is used, as in the store. */
async function transientAuthority(name: string, now: number): Promise<CertificateAuthority> {
  const pki = await import("../pki/certificate_authority.ts");
  return (await pki.CertificateAuthority.create({ name, now })).authority;
}

async function collect(
  options: CredentialOptions,
  store: CertificateStore,
): Promise<FleetCredentials> {
  const { fleet, paths, check, only, now } = options;
  const changes: string[] = [];
  let authority = await store.openAuthority(now);
  const isNewAuthority = authority === undefined;
  if (authority === undefined) {
    changes.push(`create the certificate authority of fleet ${fleet.name}`);
    authority = check
      ? await transientAuthority(fleet.name, now)
      : await store.createAuthority(fleet.name, now);
  }
  const credential = async (name: string, request: CertificateRequest): Promise<Credential> => {
    const existing = isNewAuthority ? undefined : await store.inspect(name, authority);
    const reason = renewalReason(existing, request, now);
    if (reason !== undefined) {
      changes.push(`issue the certificate "${name}": ${reason}`);
      if (check) {
        const { certificatePem, keyPem } = await authority.issue(request, now);
        return { certificatePem, key: new Secret(keyPem) };
      }
      await store.issue(name, authority, request, now);
    }
    const { certificateFile, keyFile } = store.files(name);
    return {
      certificatePem: Deno.readTextFileSync(certificateFile),
      key: new Secret(Deno.readTextFileSync(keyFile)),
    };
  };
  const relays = new Map<string, Credential>();
  const connectors = new Map<string, Credential>();
  const metrics = new Map<string, Credential>();
  for (const host of fleet.hosts.filter(({ name }) => only?.has(name) ?? true)) {
    if (host.relay !== undefined) {
      relays.set(host.name, await credential(`relay-${host.name}`, relayRequest(host)));
    }
    if (host.connector !== undefined) {
      connectors.set(host.name, await credential(`connector-${host.name}`, connectorRequest(host)));
    }
    if (metricsTargetsOf(host).length > 0) {
      metrics.set(host.name, await credential(`metrics-${host.name}`, metricsRequest(host)));
    }
  }
  const readers = fleet.hosts.flatMap(({ metrics }) => metrics?.client ?? []);
  const prometheus = metrics.size === 0
    ? undefined
    : await credential(prometheusName, metricsClientCertificate(prometheusName, readers));
  await credential(probeName, clientCertificate("agent", "probe", ["*"]));
  return {
    authorityPem: authority.certificatePem,
    relays,
    connectors,
    metrics,
    prometheus,
    retryKey: readRetryKey(retryKeyFileOf(paths), check, changes),
    changes,
  };
}

function relayRequest({ name, relay }: FleetHost): CertificateRequest {
  const { address, certificateNames } = relay!;
  return serverCertificate("relay", `relay.${name}`, [address.hostname, ...certificateNames]);
}

function connectorRequest({ name, connector }: FleetHost): CertificateRequest {
  const services = connector!.services.map(({ id }) => id);
  return clientCertificate("connector", `connector.${name}`, services);
}

/** Its name in the inventory is there for clients that use it; those that none can carry are not. */
function metricsRequest({ name, connection, metrics }: FleetHost): CertificateRequest {
  const { address, bindAddress } = metrics!;
  const others = [name, connection.address, bindAddress].filter((host) =>
    isCertifiableHost(host) && !isWildcard(host)
  );
  return serverCertificate("metrics", `metrics.${name}`, [address, ...others]);
}

function retryKeyFileOf({ tls }: FleetPaths): string {
  return `${tls}/retry.key`;
}

/** In hexadecimal, which the relay reads as well as bytes: it travels as text. */
function readRetryKey(path: string, check: boolean, changes: string[]): Secret {
  try {
    const text = Deno.readTextFileSync(path);
    if (text.trim().length === 2 * retryKeyBytes) return new Secret(text);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  changes.push("create the key of the relays' Retry tokens");
  const text = `${crypto.getRandomValues(new Uint8Array(retryKeyBytes)).toHex()}\n`;
  if (!check) writeFileAtomically(path, text, 0o600);
  return new Secret(text);
}
