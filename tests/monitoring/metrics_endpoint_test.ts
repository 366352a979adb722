import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { CertificateStore } from "../../ops/pki/certificate_store.ts";
import { metricsClientCertificate, serverCertificate } from "../../ops/pki/certificate_request.ts";
import type { Program } from "../support/program.ts";
import { waitForAnswer } from "../support/wait.ts";
import { PrometheusServer, skipWithoutPrometheus } from "./prometheus_server.ts";
import { ScrapedFleet, scrapedHosts } from "./scraped_fleet.ts";

/** Every file beneath a directory, by its path in it. */
function filesIn(directory: string, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(`${directory}/${prefix}`)].flatMap(({ name, isDirectory }) => {
      const path = `${prefix}${name}`;
      return isDirectory
        ? Object.entries(filesIn(directory, `${path}/`))
        : [[path, Deno.readTextFileSync(`${directory}/${path}`)] as const];
    }),
  );
}

describe("metrics that are shown to a Prometheus", { skip: skipWithoutPrometheus() }, () => {
  let fleet: ScrapedFleet;
  let prometheus: PrometheusServer;
  let files: Record<string, string>;
  before(async () => {
    fleet = await ScrapedFleet.start();
    const { code, stderr } = await fleet.writeTargets();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    files = filesIn(fleet.prometheusDirectory);
    // What is written is used as it is, only more often.
    const configuration = files["prometheus.yml"]!
      .replaceAll(/(scrape_interval|evaluation_interval|scrape_timeout): \d+s/g, "$1: 1s");
    prometheus = await PrometheusServer.start({ configuration, files });
  });
  after(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await fleet?.[Symbol.asyncDispose]();
  });

  const up = (value: 0 | 1): Promise<unknown> =>
    waitForAnswer(
      async () => (await prometheus.query(`up == ${value}`)).length === 2,
      `both programs to be ${value === 1 ? "up" : "down"}`,
    );
  const authorityOf = async (): Promise<
    [CertificateStore, NonNullable<Awaited<ReturnType<CertificateStore["openAuthority"]>>>]
  > => {
    const store = new CertificateStore(fleet.paths.tls);
    return [store, (await store.openAuthority(Date.now()))!];
  };
  const reload = async (program: Program): Promise<void> => {
    const count = program.log.filter(({ event }) => event === "reloaded").length;
    program.signal("SIGHUP");
    await program.logged("reloaded", count + 1);
  };

  it("are configured by files that promtool finds nothing wrong with", async () => {
    const { code, stdout, stderr } = await new Deno.Command("promtool", {
      args: ["check", "config", `${fleet.prometheusDirectory}/prometheus.yml`],
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, text);
    assertStringIncludes(text, "2 rule files found");
  });

  it("arrive with the labels of the inventory", async () => {
    await up(1);
    const samples = await prometheus.query("ztna_build_info");
    assertEquals(
      samples.map(({ labels }) => [labels["job"], labels["instance"], labels["fleet"]]).toSorted(),
      [
        ["ztna-connector", scrapedHosts.connector, "scraped"],
        ["ztna-relay", scrapedHosts.relay, "scraped"],
      ],
    );
    for (const { lastError, scrapeUrl } of await prometheus.targets()) {
      assertEquals(lastError, "");
      assertMatch(scrapeUrl, /^https:\/\/127\.0\.0\.1:\d+\/metrics$/);
    }
  });

  it("arrive while hosts get new certificates", async () => {
    await up(1);
    const start = Date.now() / 1000;
    const [store, authority] = await authorityOf();
    for (const program of ["relay", "connector"] as const) {
      const request = serverCertificate("metrics", `new ${program}`, ["127.0.0.1"]);
      await store.issue(`metrics-${scrapedHosts[program]}`, authority, request, Date.now());
      await reload(fleet[program]);
    }
    const end = Date.now() / 1000 + 2;
    await waitForAnswer(
      async () => (await prometheus.query(`timestamp(up) > ${end}`)).length === 2,
      "scrapes after the reloads",
    );
    const lost = `min_over_time(up[${Math.ceil(Date.now() / 1000 - start)}s]) == 0`;
    assertEquals(await prometheus.query(lost), []);
  });

  it("stop when the certificate of Prometheus expires, and come again with a new one", async () => {
    await up(1);
    const [store, authority] = await authorityOf();
    const request = metricsClientCertificate("prometheus", ["prometheus"]);
    await store.issue("prometheus", authority, request, Date.now() - 400 * 86_400_000);
    const give = (): void => {
      for (const name of ["prometheus.key", "prometheus.pem"]) {
        prometheus.write(`tls/${name}`, Deno.readTextFileSync(`${fleet.paths.tls}/${name}`));
      }
    };
    give();
    await up(0);
    // The command sees that it has expired.
    const { code, stderr } = await fleet.writeTargets();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    give();
    await up(1);
    for (const program of ["relay", "connector"] as const) {
      assert(fleet[program].log.some(({ event }) => event === "metrics_client_refused"));
    }
  });

  it("stay hidden from other certificates of the fleet", async () => {
    await up(1);
    const agent = `${fleet.paths.tls}/connector-${scrapedHosts.connector}`;
    prometheus.write("tls/prometheus.key", Deno.readTextFileSync(`${agent}.key`));
    prometheus.write("tls/prometheus.pem", Deno.readTextFileSync(`${agent}.pem`));
    await up(0);
    const errors = (await prometheus.targets()).map(({ lastError }) => lastError);
    assertEquals(errors, Array(2).fill("server returned HTTP status 403 Forbidden"));
    for (const name of ["prometheus.key", "prometheus.pem"]) {
      prometheus.write(`tls/${name}`, Deno.readTextFileSync(`${fleet.paths.tls}/${name}`));
    }
    await up(1);
    assertEquals(
      (await prometheus.query('ztna_metrics_requests_total{result="forbidden"} > 0')).length,
      2,
    );
  });

  it("are not asked of hosts whose name in the certificate is another", async () => {
    await up(1);
    const [store, authority] = await authorityOf();
    const request = serverCertificate("metrics", "wrong", ["192.0.2.1"]);
    await store.issue(`metrics-${scrapedHosts.relay}`, authority, request, Date.now());
    await reload(fleet.relay);
    const relayUp = `up{job="ztna-relay"} == 0`;
    await waitForAnswer(
      async () => (await prometheus.query(relayUp)).length === 1,
      "Prometheus to distrust the relay",
    );
    const errors = (await prometheus.targets()).map(({ lastError }) => lastError);
    assert(errors.some((error) => error.includes("127.0.0.1")), errors.join());
  });

  it("are told of as JSON, and what is up to date stays", async () => {
    const { code, stdout } = await fleet.writeTargets("--json", "--check");
    assertEquals(code, 0);
    const json = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(json.changes, []);
    assertEquals(json.targets.map(({ job }: { job: string }) => job), [
      "ztna-relay",
      "ztna-connector",
    ]);
  });
});
