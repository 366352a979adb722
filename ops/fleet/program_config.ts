import { type Fleet, type FleetHost, fleetHost, type JsonObject } from "./fleet.ts";
import { authorityFile, metricsTlsFiles, retryKeyFile, tlsFilesOf } from "./program_files.ts";

/** The name in the certificate of every relay (protocol section 1.1). */
export const relayServerName = "ztna-server";

/** The relay's configuration file. The host must have a relay. */
export function relayConfig(host: FleetHost): JsonObject {
  const relay = host.relay!;
  const { certificateFile, keyFile } = tlsFilesOf("relay");
  return {
    port: relay.port,
    bind_addr: relay.bindAddresses,
    cert_path: certificateFile,
    key_path: keyFile,
    ca_cert_path: authorityFile,
    verify_peer: true,
    require_client_cert: true,
    retry_key_path: retryKeyFile,
    metrics_bind: relay.adminAddress,
    metrics_port: relay.adminPort,
    ...metricsConfig(host, relay.metricsPort),
    log_level: "info",
    ...relay.extraConfig,
  };
}

/** The connector's configuration file. The host must have a connector. */
export function connectorConfig(fleet: Fleet, host: FleetHost): JsonObject {
  const connector = host.connector!;
  const { certificateFile, keyFile } = tlsFilesOf("connector");
  const { hostname, port } = fleetHost(fleet, connector.relay).relay!.address;
  return {
    intermediate_server: { host: hostname, port, server_name: relayServerName },
    services: connector.services.map(({ id, backend, protocol }) => ({ id, backend, protocol })),
    ca_cert: authorityFile,
    client_cert: certificateFile,
    client_key: keyFile,
    verify_peer: true,
    metrics_bind: connector.adminAddress,
    metrics_port: connector.adminPort,
    ...metricsConfig(host, connector.metricsPort),
    log_level: "info",
    ...connector.extraConfig,
  };
}

/** How a program shows its metrics to Prometheus; nothing when they stay on loopback. */
function metricsConfig({ metrics }: FleetHost, port: number): JsonObject {
  if (metrics === undefined) return {};
  return {
    metrics_tls_bind: metrics.bindAddress,
    metrics_tls_port: port,
    metrics_tls_cert: metricsTlsFiles.certificateFile,
    metrics_tls_key: metricsTlsFiles.keyFile,
    metrics_tls_ca: authorityFile,
    metrics_tls_client: metrics.client,
  };
}

/** A configuration as its file has it. */
export function configText(config: JsonObject): string {
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
