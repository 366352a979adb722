import type { ServerTls } from "../../../tunnel/quic/tls_config.ts";
import { readCredentials } from "../../fleet/credentials.ts";
import type { Fleet, FleetHost } from "../../fleet/fleet.ts";
import { type FleetPaths, fleetPathsOf } from "../../fleet/fleet_paths.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import { CertificateStore } from "../../pki/certificate_store.ts";

/** A relay at a port of this machine. */
export function testRelay(name: string, port: number): FleetHost {
  const address = { hostname: "127.0.0.1", port };
  return {
    ...everyRoleHost,
    ...{ name, connector: undefined, application: undefined, metrics: undefined },
    relay: { ...everyRoleHost.relay!, address, probeAddress: address },
  };
}

/** A connector that provides services by a relay. */
export function testConnector(name: string, relay: string, ...ids: string[]): FleetHost {
  const [service] = everyRoleHost.connector!.services;
  const services = ids.map((id) => ({ ...service!, id }));
  return {
    ...everyRoleHost,
    ...{ name, relay: undefined, application: undefined, metrics: undefined },
    connector: { ...everyRoleHost.connector!, relay, services },
  };
}

/** A fleet of these hosts. @param selected Names; all by default. */
export function fleetOf(
  hosts: readonly FleetHost[],
  selected: readonly string[] = hosts.map(({ name }) => name),
): Fleet {
  return { name: "f", hosts, selected: new Set(selected) };
}

/** A laptop's directory with the certificates of a fleet whose relay is called `r1`. */
export class TestLaptop implements Disposable {
  readonly directory: string;
  readonly paths: FleetPaths;
  /** What the relay proves itself with. */
  readonly relayTls: ServerTls;

  private constructor(directory: string, paths: FleetPaths) {
    this.directory = directory;
    this.paths = paths;
    const store = new CertificateStore(paths.tls);
    const caFile = store.files("ca").certificateFile;
    this.relayTls = { identity: store.files("relay-r1"), caFile, clientCertificate: "require" };
  }

  /** Makes everything anew. */
  static async create(): Promise<TestLaptop> {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-look-" });
    const paths = fleetPathsOf({ get: () => directory }, "f");
    const fleet = fleetOf([testRelay("r1", 1)]);
    await readCredentials({ fleet, paths, check: false, now: Date.now() });
    return new TestLaptop(directory, paths);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}
