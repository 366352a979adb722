import { CertificateAuthority } from "../../ops/pki/certificate_authority.ts";
import { clientCertificate, serverCertificate } from "../../ops/pki/certificate_request.ts";

const root = new URL("../../", import.meta.url);

/** Writes `ca`, `relay`, `connector` and `agent` certificates and keys as PEM into `directory`. */
export async function issueCertificates(directory: string): Promise<void> {
  const now = Date.now();
  const { authority, files } = await CertificateAuthority.create({ name: "bench", now });
  const requests = {
    relay: serverCertificate("relay", "relay", ["127.0.0.1"]),
    connector: clientCertificate("connector", "connector", ["*"]),
    agent: clientCertificate("agent", "agent", ["*"]),
  };
  await Deno.writeTextFile(`${directory}/ca.pem`, files.certificatePem);
  for (const [name, request] of Object.entries(requests)) {
    const issued = await authority.issue(request, now);
    await Deno.writeTextFile(`${directory}/${name}.pem`, issued.certificatePem);
    await Deno.writeTextFile(`${directory}/${name}.key`, issued.keyPem, { mode: 0o600 });
  }
}

/** A port of 127.0.0.1 that is free now, for UDP and for TCP. */
export function freePort(): number {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: tcp.addr.port });
  udp.close();
  return tcp.addr.port;
}

/** The relay or the connector as its own process, watched through its admin endpoint. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #admin: string;

  private constructor(process: Deno.ChildProcess, adminPort: number) {
    this.#process = process;
    this.#admin = `http://127.0.0.1:${adminPort}`;
  }

  /** Starts `name` with a configuration, and waits until it is ready. */
  static async start(
    name: "relay" | "connector",
    directory: string,
    config: Record<string, unknown> & { metrics_port: number },
  ): Promise<Program> {
    const file = `${directory}/${name}.json`;
    await Deno.writeTextFile(file, JSON.stringify(config));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "--cwd", root.pathname, name, "--config", file],
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    const program = new Program(process, config.metrics_port);
    await program.#whenReady();
    return program;
  }

  async #whenReady(): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (performance.now() < deadline) {
      const answer = await fetch(`${this.#admin}/readyz`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.#admin} did not get ready within 20 s`);
  }

  /** What Prometheus gets. */
  async exposition(): Promise<string> {
    return await (await fetch(`${this.#admin}/metrics`)).text();
  }

  /** The values of all metrics without labels. */
  async metrics(): Promise<Map<string, number>> {
    const text = await this.exposition();
    const values = new Map<string, number>();
    for (const line of text.split("\n")) {
      const [name, value] = line.split(" ");
      if (value !== undefined && !name!.startsWith("#")) values.set(name!, Number(value));
    }
    return values;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
  }
}
