import type { FleetLab } from "./fleet_lab.ts";

/** Questions for metrics that a host of a lab asks the others, as a Prometheus on it would. */
export class MetricsQuestions {
  readonly #fleet: FleetLab;
  readonly #asker: string;

  /** @param asker Name of the host, which must have a release. */
  constructor(fleet: FleetLab, asker: string) {
    this.#fleet = fleet;
    this.#asker = asker;
  }

  /** Lets the asking host know where the others are. */
  async resolveNames(): Promise<void> {
    const lines = this.#fleet.lab.hosts.map(({ name, address }) => `${address} ${name}\n`);
    await this.#fleet.sh(this.#asker, `cat >> /etc/hosts <<'END'\n${lines.join("")}END`);
  }

  /**
   * The status of an answer, or why there is none.
   *
   * @param identity Path of a certificate and of its key on the laptop, without `.pem` and `.key`.
   */
  async status(url: string, identity?: string): Promise<string> {
    const read = (path: string): string => Deno.readTextFileSync(path);
    const { directory } = this.#fleet;
    const options = {
      caCerts: [read(`${directory}/state/ztna-fleet/fleets/lab/tls/ca.pem`)],
      ...identity && { cert: read(`${identity}.pem`), key: read(`${identity}.key`) },
    };
    const program = `const client = Deno.createHttpClient(${JSON.stringify(options)});
try {
  console.log((await fetch(${JSON.stringify(url)}, { client })).status);
} catch (error) {
  console.log(Deno.inspect(error));
}
Deno.exit(0);
`;
    return await this.#fleet.sh(
      this.#asker,
      `DENO_DIR=/dev/null NO_COLOR=1 /opt/ztna/runtime/deno-*/deno run --quiet --allow-net - \\
        <<'END'\n${program}END`,
    );
  }
}
