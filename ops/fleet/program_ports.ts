import { type FleetHost, metricsTargetsOf, type ProgramName } from "./fleet.ts";

/** A port that a program binds. */
export interface ProgramPort {
  readonly program: ProgramName;
  /** What is to be had there: `admin` and `metrics` are for operators alone. */
  readonly purpose: "service" | "admin" | "metrics";
  readonly transport: "udp" | "tcp";
  readonly port: number;
  /** The local addresses that it is bound to. */
  readonly addresses: readonly string[];
}

/** The ports that a host's programs bind. */
export function programPorts(host: FleetHost): ProgramPort[] {
  const { relay, connector, application, metrics } = host;
  const ports: ProgramPort[] = [];
  if (relay !== undefined) {
    const addresses = relay.bindAddresses.split(",");
    ports.push({ ...service("relay", "udp", relay.port), addresses });
    ports.push(adminPort("relay", relay));
  }
  if (connector !== undefined) ports.push(adminPort("connector", connector));
  if (application !== undefined) {
    const { address, port } = application;
    for (const transport of ["udp", "tcp"] as const) {
      ports.push({ ...service("application", transport, port), addresses: [address] });
    }
  }
  for (const { program, port } of metricsTargetsOf(host)) {
    const addresses = [metrics!.bindAddress];
    ports.push({ program, purpose: "metrics", transport: "tcp", port, addresses });
  }
  return ports.filter(({ port }) => port !== 0);
}

function service(
  program: ProgramName,
  transport: ProgramPort["transport"],
  port: number,
): Omit<ProgramPort, "addresses"> {
  return { program, purpose: "service", transport, port };
}

function adminPort(
  program: ProgramName,
  { adminAddress, adminPort: port }: { adminAddress: string; adminPort: number },
): ProgramPort {
  return { program, purpose: "admin", transport: "tcp", port, addresses: [adminAddress] };
}
