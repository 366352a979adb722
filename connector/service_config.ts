import { quote } from "../tunnel/printable.ts";
import { parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { parseTarget, type Target, TargetProblem } from "./target.ts";

/** What a service forwards; `any` is both. */
export const serviceProtocols = ["any", "udp", "tcp"] as const;

/** One of {@linkcode serviceProtocols}. */
export type ServiceProtocol = typeof serviceProtocols[number];

/** One service, checked and complete. */
export interface ServiceConfig {
  /** 1 to 255 bytes of UTF-8. */
  readonly id: string;
  readonly backend: Target;
  readonly protocol: ServiceProtocol;
  /** The only destination address that is served, as a number; all are without it. */
  readonly serviceAddress?: number | undefined;
}

/** A service as the configuration file has it; its texts have been checked. */
export interface ServiceEntry {
  readonly id: string;
  readonly backend: string | undefined;
  readonly protocol: ServiceProtocol | undefined;
  readonly service_ip: string | undefined;
}

/** What decides on the services. */
export interface ServiceValues {
  readonly services: readonly ServiceEntry[];
  readonly service: string | undefined;
  readonly forward: string | undefined;
  readonly serviceIp: string | undefined;
}

/** What the reference takes when nothing is said (protocol section 11.2). */
const defaultId = "default";
const defaultBackend = "127.0.0.1:8080";

/**
 * The services to provide. The flags are about one: they overrule what the file says of its only
 * service, choose one of several, or say it all.
 *
 * @param mistakes Takes one line for each mistake; then the result is of no use.
 */
export function chooseServices(values: ServiceValues, mistakes: string[]): ServiceConfig[] {
  const { services, service, forward, serviceIp } = values;
  checkIds(services, mistakes);
  if (services.length > 1 && service === undefined) {
    refuseFlags(values, mistakes);
    return services.map((entry) => complete(entry));
  }
  const listed = services.length > 1 ? services.find(({ id }) => id === service) : services[0];
  if (services.length > 1 && listed === undefined && forward === undefined) {
    mistakes.push(
      `Cannot use "--service" as the configuration file has no service of this ID: current value ` +
        `is ${quote(service ?? "")}; choose one of ${listIds(services)}, or give "--forward", too`,
    );
  }
  return [complete({
    id: service ?? listed?.id ?? defaultId,
    backend: forward ?? listed?.backend,
    protocol: listed?.protocol,
    service_ip: serviceIp ?? listed?.service_ip,
  })];
}

function checkIds(services: readonly ServiceEntry[], mistakes: string[]): void {
  const seen = new Set<string>();
  for (const [index, { id }] of services.entries()) {
    if (seen.has(id)) {
      mistakes.push(
        `Cannot use key "services[${index}].id" as another service has this ID: current value is ` +
          `${quote(id)}; agents could not tell them apart`,
      );
    }
    seen.add(id);
  }
}

function refuseFlags(values: ServiceValues, mistakes: string[]): void {
  const flags = [
    ["--forward", values.forward, "backend"],
    ["--service-ip", values.serviceIp, "service_ip"],
  ] as const;
  for (const [flag, value, field] of flags) {
    if (value === undefined) continue;
    mistakes.push(
      `Cannot use "${flag}" as the configuration file has several services: choose one with ` +
        `"--service" (${listIds(values.services)}), or set "${field}" of each in the file`,
    );
  }
}

function listIds(services: readonly ServiceEntry[]): string {
  const shown = services.slice(0, 10).map(({ id }) => quote(id));
  return services.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

function complete(entry: ServiceEntry): ServiceConfig {
  const { id, backend: text = defaultBackend, protocol = "any", service_ip } = entry;
  const backend = parseTarget(text);
  if (backend instanceof TargetProblem) throw new TypeError(`Backend "${text}" was not checked`);
  const serviceAddress = service_ip === undefined ? undefined : parseIpv4Address(service_ip);
  return { id, backend, protocol, serviceAddress };
}
