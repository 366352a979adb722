import { isIP } from "node:net";
import * as v from "valibot";
import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import {
  type ConnectionOverrides,
  connectionSettingsOf,
} from "../engine/inventory/connection_variables.ts";
import type { Inventory, InventoryHost } from "../engine/inventory/inventory.ts";
import { MistakeList } from "../engine/inventory/mistakes.ts";
import { VariableReader } from "../engine/inventory/variable_reader.ts";
import {
  type ApplicationRole,
  type ConnectorRole,
  type Endpoint,
  type Fleet,
  type FleetHost,
  metricsTargetsOf,
  type RelayRole,
} from "./fleet.ts";
import { isCertifiableHost } from "../pki/certificate_request.ts";
import { readHostMetrics } from "./host_metrics.ts";
import { programPorts } from "./program_ports.ts";
import { readSweepSettings, sweepVariables } from "./sweep_settings.ts";
import { fleetVariables } from "./variables.ts";

/** The groups that give hosts their roles. */
export const roleGroups = {
  relay: "relays",
  connector: "connectors",
  application: "applications",
} as const;

const tcpOrUdpPort = { min: 1, max: 65_535 };

const servicesSchema = v.array(
  v.strictObject({
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
    backend: v.pipe(v.string(), v.minLength(1)),
    protocol: v.optional(v.picklist(["any", "udp", "tcp"]), "any"),
    probe: v.optional(v.picklist(["icmp", "udp"]), "icmp"),
  }),
);
const mappingSchema = v.record(v.string(), v.unknown());

/**
 * Reads the roles and settings of every host in the groups `relays`, `connectors` and
 * `applications`.
 *
 * @param selected The hosts that a command is about; those without a role are left out.
 * @throws {ConfigError} with all mistakes of all hosts, each with where its variable was set.
 */
export function readFleet(
  inventory: Inventory,
  selected: readonly InventoryHost[],
  overrides: ConnectionOverrides = {},
): Fleet {
  const mistakes = new MistakeList();
  const members = [...inventory.hosts.values()].filter(({ groups }) =>
    Object.values(roleGroups).some((group) => groups.includes(group))
  );
  const relays = members.filter(({ groups }) => groups.includes(roleGroups.relay));
  const connectors = members.filter(({ groups }) => groups.includes(roleGroups.connector));
  const hosts: FleetHost[] = [];
  const names = new Map<string, string>();
  for (const member of members) {
    mistakes.attempt(() => {
      const spread = relays[connectors.indexOf(member) % relays.length];
      const reader = new HostReader(member, { relays, spread, overrides });
      const host = reader.host();
      names.set(reader.fleetName(), member.name);
      reader.throwIfAny();
      hosts.push(host);
    });
  }
  mistakes.throwIfAny();
  const chosen = new Set(selected.map(({ name }) => name));
  const fleet: Fleet = {
    name: onlyName(names),
    hosts,
    selected: new Set(hosts.map(({ name }) => name).filter((name) => chosen.has(name))),
  };
  if (fleet.selected.size === 0) {
    throw new ConfigError(
      `Cannot find anything to do as a host must be in one of the groups ` +
        `${Object.values(roleGroups).map((group) => quote(group)).join(", ")}: none of the ` +
        `${selected.length} selected hosts is; put hosts into these groups in the inventory`,
    );
  }
  return fleet;
}

function onlyName(names: ReadonlyMap<string, string>): string {
  const [first = "default", ...others] = names.keys();
  if (others.length > 0) {
    throw new ConfigError(
      `Cannot work on two fleets at once as "ztna_fleet" must be the same for all hosts: it is ` +
        [...names].map(([name, host]) => `${quote(name)} for ${quote(host)}`).join(" and ") +
        `; set it for the group "all"`,
    );
  }
  return first;
}

/** What a host's settings depend on besides its variables. */
interface Surroundings {
  readonly relays: readonly InventoryHost[];
  /** The relay that a connector gets when it names none. */
  readonly spread: InventoryHost | undefined;
  readonly overrides: ConnectionOverrides;
}

class HostReader {
  readonly #host: InventoryHost;
  readonly #reader: VariableReader;
  readonly #surroundings: Surroundings;
  readonly #mistakes = new MistakeList();

  constructor(host: InventoryHost, surroundings: Surroundings) {
    this.#host = host;
    this.#surroundings = surroundings;
    this.#reader = new VariableReader(host);
    this.#reader.refuseUnknown("ztna_", [...Object.keys(fleetVariables), ...sweepVariables]);
    if (host.name.includes("/")) {
      this.#refuse(
        'its name must have no "/", since files with its certificates have it: give it another, ' +
          'and its address as "ansible_host"',
      );
    }
  }

  host(): FleetHost {
    const reader = this.#reader;
    const { name, groups } = this.#host;
    const connection = connectionSettingsOf(this.#host, this.#surroundings.overrides);
    const host: FleetHost = {
      name,
      connection,
      relay: groups.includes(roleGroups.relay) ? this.#relay(connection.address) : undefined,
      connector: groups.includes(roleGroups.connector) ? this.#connector() : undefined,
      application: groups.includes(roleGroups.application) ? this.#application() : undefined,
      metrics: readHostMetrics(reader, connection.address),
      keepReleases: reader.integer("ztna_keep_releases", { min: 2, max: 100 }) ?? 5,
      udpBufferBytes:
        reader.integer("ztna_udp_buffer_bytes", { min: 212_992, max: 1_073_741_824 }) ?? 4_194_304,
      openFirewall: reader.boolean("ztna_firewall") ?? false,
      readyTimeoutSeconds: reader.integer("ztna_ready_timeout", { min: 1, max: 3600 }) ?? 60,
      sweep: readSweepSettings(reader),
    };
    this.#checkMetrics(host);
    return host;
  }

  fleetName(): string {
    return this.#reader.string("ztna_fleet", fleetNameRule) ?? "default";
  }

  throwIfAny(): void {
    this.#mistakes.attempt(() => this.#reader.throwIfAny());
    this.#mistakes.throwIfAny();
  }

  #relay(connectionAddress: string): RelayRole {
    const reader = this.#reader;
    const port = reader.integer("ztna_relay_port", tcpOrUdpPort) ?? 4433;
    const address = this.#endpoint("ztna_relay_address", port) ??
      { hostname: connectionAddress, port };
    return {
      bindAddresses: reader.string("ztna_relay_bind", addressesRule) ?? "0.0.0.0",
      port,
      address,
      probeAddress: this.#endpoint("ztna_probe_address", address.port) ?? address,
      adminAddress: reader.string("ztna_relay_admin_bind", addressRule) ?? "127.0.0.1",
      adminPort: reader.integer("ztna_relay_admin_port", tcpOrUdpPort) ?? 9090,
      metricsPort: reader.integer("ztna_relay_metrics_port", tcpOrUdpPort) ?? 9490,
      certificateNames: reader.strings("ztna_relay_names") ?? [],
      drainTimeoutSeconds: reader.integer("ztna_drain_timeout", { min: 0, max: 86_400 }) ?? 10,
      extraConfig: reader.structure("ztna_relay_config", mappingSchema) ?? {},
    };
  }

  #connector(): ConnectorRole {
    const reader = this.#reader;
    const { relays, spread } = this.#surroundings;
    const services = reader.structure("ztna_services", servicesSchema) ?? [];
    if (services.length === 0) {
      this.#refuse('it is a connector and provides nothing: set "ztna_services"');
    }
    const ids = services.map(({ id }) => id);
    const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
    if (repeated !== undefined) {
      this.#refuse(`"ztna_services" has the ID ${quote(repeated)} more than once`);
    }
    const known = relays.map(({ name }) => name);
    const relay = reader.string(
      "ztna_relay",
      (name) =>
        known.includes(name)
          ? undefined
          : `it must be a host of the group "relays" (${known.join(", ")})`,
    ) ?? spread?.name;
    if (relay === undefined) {
      this.#refuse('it is a connector, and there is no relay: put a host into the group "relays"');
    }
    return {
      relay: relay ?? "",
      services,
      adminAddress: reader.string("ztna_connector_admin_bind", addressRule) ?? "127.0.0.1",
      adminPort: reader.integer("ztna_connector_admin_port", tcpOrUdpPort) ?? 9091,
      metricsPort: reader.integer("ztna_connector_metrics_port", tcpOrUdpPort) ?? 9491,
      extraConfig: reader.structure("ztna_connector_config", mappingSchema) ?? {},
    };
  }

  #application(): ApplicationRole {
    return {
      address: this.#reader.string("ztna_application_bind", addressRule) ?? "127.0.0.1",
      port: this.#reader.integer("ztna_application_port", tcpOrUdpPort) ?? 9999,
    };
  }

  /** Where a host's other ports are is the operator's affair: they may be on different addresses. */
  #checkMetrics(host: FleetHost): void {
    if (host.metrics !== undefined && !isCertifiableHost(host.metrics.address)) {
      this.#refuse(
        `Prometheus could not reach it at ${quote(host.metrics.address)}: set ` +
          `"ztna_metrics_address" to a host name or an address of it`,
      );
    }
    const tcp = programPorts(host).filter(({ transport }) => transport === "tcp");
    for (const { program, port } of metricsTargetsOf(host)) {
      const users = tcp.filter((other) => other.port === port);
      if (users.length > 1) {
        this.#refuse(
          `TCP port ${port} is for the metrics of its ${program}, and for something else of ours: ` +
            `set "ztna_${program}_metrics_port"`,
        );
      }
    }
  }

  #endpoint(variable: string, defaultPort: number): Endpoint | undefined {
    const text = this.#reader.string(
      variable,
      (value) =>
        parseEndpoint(value, defaultPort) === undefined
          ? "it must be a host name or an address, with or without a port: HOST, HOST:PORT, [IPv6]:PORT"
          : undefined,
    );
    return text === undefined ? undefined : parseEndpoint(text, defaultPort);
  }

  #refuse(what: string): void {
    this.#mistakes.add(new ConfigError(`Cannot use host ${quote(this.#host.name)} as ${what}`));
  }
}

/** `HOST`, `HOST:PORT`, an IPv6 address, or one in brackets with a port. */
function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
  if (isIP(text) === 6) return { hostname: text, port: defaultPort };
  const [, inBrackets, name, portText] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const hostname = inBrackets ?? name;
  const port = portText === undefined ? defaultPort : Number(portText);
  if (hostname === undefined || hostname.startsWith("-") || port < 1 || port > 65_535) {
    return undefined;
  }
  return inBrackets !== undefined && isIP(inBrackets) !== 6 ? undefined : { hostname, port };
}

function fleetNameRule(text: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
    ? undefined
    : 'it must be 1 to 64 letters, digits, ".", "_" and "-", since it names a directory';
}

function addressRule(text: string): string | undefined {
  return isIP(text) === 0 ? "it must be an IPv4 or IPv6 address" : undefined;
}

function addressesRule(text: string): string | undefined {
  return text.split(",").every((address) => addressRule(address) === undefined)
    ? undefined
    : "it must be an IPv4 or IPv6 address, or several with commas between them";
}
