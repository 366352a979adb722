/**
 * The inventory variables that are ours, each with what it is for; `docs/inventory.md` is made of
 * this, and names that are not here are refused.
 */
export const fleetVariables = {
  ztna_fleet: "Name of the fleet: of its certificate authority and its state on the laptop. " +
    "Default: `default`",
  ztna_keep_releases: "Releases that stay on a host. Default: 5, at least 2",
  ztna_udp_buffer_bytes:
    "Smallest value of the kernel's largest (and, at relays, usual) UDP socket buffers. " +
    "Default: 4194304",
  ztna_firewall:
    "Whether deploy opens the relay's port, and those of metrics, in the host's firewall " +
    "(nftables). Default: false",
  ztna_ready_timeout: "How long a program may take to be ready, in seconds. Default: 60",
  ztna_relay_port: "UDP port of the relay. Default: 4433",
  ztna_relay_bind: "Address that the relay binds, or several with commas. Default: `0.0.0.0`",
  ztna_relay_address: "Where connectors and agents reach the relay, as `HOST` or `HOST:PORT`. " +
    "Default: `ansible_host`, else the host's name, and its port",
  ztna_probe_address: "Where this machine's probe reaches the relay, if it is another way. " +
    "Default: `ztna_relay_address`",
  ztna_relay_names: "Further names and addresses in the relay's certificate. Default: none",
  ztna_relay_admin_bind: "Address of the relay's admin endpoints. Default: `127.0.0.1`",
  ztna_relay_admin_port: "TCP port of the relay's admin endpoints. Default: 9090",
  ztna_relay_config: "Further keys of the relay's configuration file, as a mapping. They win",
  ztna_drain_timeout:
    "How long peers have to leave a relay before it restarts, in seconds. Default: 10; 0: none",
  ztna_relay: "Inventory name of the relay that a connector connects to. Default: the connectors " +
    "are spread over the relays in the order of the inventory",
  ztna_services: "What a connector provides: a list of `id`, `backend` (`HOST:PORT`), `protocol` " +
    "(`any`, `udp`, `tcp`) and `probe` (`icmp`, answered by the connector, or `udp`, echoed by " +
    "the backend; default `icmp`)",
  ztna_connector_admin_bind: "Address of the connector's admin endpoints. Default: `127.0.0.1`",
  ztna_connector_admin_port: "TCP port of the connector's admin endpoints. Default: 9091",
  ztna_connector_config:
    "Further keys of the connector's configuration file, as a mapping. They win",
  ztna_metrics_bind:
    "Address at which a host's metrics are served to Prometheus, over TLS and to " +
    "its certificate only. Default: none, they stay on loopback",
  ztna_metrics_address: "Where Prometheus reaches the host, without a port. Default: " +
    "`ztna_metrics_bind`, or where this machine reaches the host when that is `0.0.0.0` or `::`",
  ztna_relay_metrics_port:
    "TCP port of the relay's metrics, with `ztna_metrics_bind`. Default: 9490",
  ztna_connector_metrics_port:
    "TCP port of the connector's metrics, with `ztna_metrics_bind`. Default: 9491",
  ztna_metrics_client: "Name in the certificate of the Prometheus that is let in; another name " +
    "shuts the earlier one out. Default: `prometheus`",
  ztna_metrics_sources:
    "Addresses and networks from which the host's firewall lets Prometheus in, " +
    "with `ztna_firewall`. Default: all",
  ztna_application_bind: "Address of the sample application. Default: `127.0.0.1`",
  ztna_application_port: "UDP and TCP port of the sample application. Default: 9999",
} as const;

/** The name of one of our variables. */
export type FleetVariable = keyof typeof fleetVariables;
