import { ConfigError } from "../errors.ts";
import {
  alpn,
  datagramReceiveQueueLength,
  datagramSendQueueLength,
  idleTimeoutMs,
  initialMaxDataBytes,
  initialMaxStreamDataBytes,
  initialMaxStreams,
  maxUdpPayloadBytes,
} from "./limits.ts";
import { type NativeConfig, quiche } from "./quiche.ts";

/** A certificate and its key, as paths of PEM files. */
export interface TlsIdentity {
  /** The certificate, then the intermediate ones. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** TLS settings of a server. */
export interface ServerTls {
  readonly identity: TlsIdentity;
  /** Authorities that may have issued client certificates. */
  readonly caFile?: string;
  /**
   * `require`: no handshake without a certificate of `caFile`. `request`: one is checked when
   * presented (what the reference does). `none`: nobody is asked for one.
   */
  readonly clientCertificate: "require" | "request" | "none";
}

/** TLS settings of a client. */
export interface ClientTls {
  /** The certificate that the client presents. */
  readonly identity?: TlsIdentity;
  /** Authorities that are trusted beside the system's. */
  readonly caFile?: string;
  /** Whether the server's chain, and its name when one is given, must be valid. */
  readonly verifyPeer: boolean;
}

function setTransportParameters(config: NativeConfig): NativeConfig {
  config.setApplicationProtos([alpn]);
  config.setMaxIdleTimeout(idleTimeoutMs);
  config.setMaxRecvUdpPayloadSize(maxUdpPayloadBytes);
  config.setMaxSendUdpPayloadSize(maxUdpPayloadBytes);
  config.setInitialMaxData(initialMaxDataBytes);
  config.setInitialMaxStreamDataBidiLocal(initialMaxStreamDataBytes);
  config.setInitialMaxStreamDataBidiRemote(initialMaxStreamDataBytes);
  config.setInitialMaxStreamsBidi(initialMaxStreams);
  config.setInitialMaxStreamsUni(initialMaxStreams);
  config.enableDgram(true, datagramReceiveQueueLength, datagramSendQueueLength);
  // Pacing only computes send times, which nobody here could wait for.
  config.enablePacing(false);
  return config;
}

/** Runs a step that reads `file`, and says which file and what was expected when it fails. */
function withFile<T>(file: string, expected: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot use "${file}" as ${expected}: ${reason}`, { cause: error });
  }
}

function readPem(file: string, expected: string): Uint8Array {
  return withFile(file, expected, () => Deno.readFileSync(file));
}

function loadFiles(config: NativeConfig, identity?: TlsIdentity, caFile?: string): void {
  if (identity !== undefined) {
    const { certificateFile, keyFile } = identity;
    withFile(certificateFile, "PEM certificate chain", () => {
      config.loadCertChainFromPemFile(certificateFile);
    });
    withFile(keyFile, "private key of the certificate", () => {
      config.loadPrivKeyFromPemFile(keyFile);
    });
  }
  if (caFile !== undefined) {
    withFile(caFile, "PEM certificates of authorities", () => {
      config.loadVerifyLocationsFromFile(caFile);
    });
  }
}

/**
 * A server's native configuration.
 *
 * @throws {ConfigError} when a file is missing, is no PEM, or does not fit the others.
 */
export function createServerConfig(tls: ServerTls): NativeConfig {
  const { identity, caFile, clientCertificate } = tls;
  if (clientCertificate === "require") {
    if (caFile === undefined) {
      throw new ConfigError(
        `Cannot require client certificates as no CA file is given: ` +
          `name the file with the authority's certificate`,
      );
    }
    // `withBoringSslCtx` takes damaged files and a key that does not fit without a word.
    loadFiles(new quiche.Config(), identity, caFile);
    const ca = readPem(caFile, "PEM certificates of authorities");
    const key = readPem(identity.keyFile, "private key of the certificate");
    const certificate = readPem(identity.certificateFile, "PEM certificate chain");
    return setTransportParameters(
      withFile(
        identity.certificateFile,
        `certificate with key "${identity.keyFile}" and authorities "${caFile}"`,
        // The only one of the binding's configurations that refuses a client without certificate.
        () => quiche.Config.withBoringSslCtx(true, false, ca, [key], [certificate]),
      ),
    );
  }
  const config = new quiche.Config();
  loadFiles(config, identity, caFile);
  config.verifyPeer(clientCertificate === "request");
  return setTransportParameters(config);
}

/**
 * A client's native configuration.
 *
 * @throws {ConfigError} when a file is missing, is no PEM, or does not fit the others.
 */
export function createClientConfig(tls: ClientTls): NativeConfig {
  const config = new quiche.Config();
  loadFiles(config, tls.identity, tls.caFile);
  config.verifyPeer(tls.verifyPeer);
  return setTransportParameters(config);
}
