import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { wouldChangeExitCode } from "../../ops/command.ts";
import { CertificateStore } from "../../ops/pki/certificate_store.ts";
import { serverCertificate } from "../../ops/pki/certificate_request.ts";
import { labSkipReason } from "../fleet/fleet_lab.ts";
import { SweepLab } from "./sweep_lab.ts";

const skip = labSkipReason() ?? false;

/** What of `sweep --fix --json` the tests look at. */
interface FixJson {
  readonly checks: readonly { readonly check: string; readonly status: string }[];
  readonly fixes: readonly {
    readonly host: string;
    readonly check: string;
    readonly subject: string;
    readonly result: string;
    readonly why: string | null;
    readonly changes: readonly { readonly summary: string }[];
  }[];
}

const relayKey = "/etc/ztna/tls/relay.key";
const relayCertificate = "/etc/ztna/tls/relay.pem";
const yearMs = 365 * 86_400_000;

describe("sweep --fix", { skip }, () => {
  let lab: SweepLab;

  before(async () => {
    lab = await SweepLab.open();
  });
  after(async () => await lab?.[Symbol.asyncDispose]());

  const fix = async (
    args: readonly string[],
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<{ code: number; results: string[][]; json: FixJson }> => {
    const { end } = await lab.sweep({
      args: ["--fix", ...args],
      ...variables !== undefined && { variables },
    });
    const json = JSON.parse(end.stdout) as FixJson;
    const results = json.fixes.map(({ host, check, subject, result }) => [
      host,
      `${check} ${subject}`,
      result,
    ]);
    return { code: end.code, results: results.toSorted(), json };
  };
  const wrongOf = ({ checks }: FixJson): FixJson["checks"] =>
    checks.filter(({ status }) => status !== "ok");
  const stateOf = (host: string, unit: string): Promise<string> =>
    lab.sh(host, `systemctl is-active ztna-${unit}@a || :`);
  const modeOf = (path: string): Promise<string> => lab.sh("relay1", `stat -c %a ${path}`);
  /** Where the operator's machine keeps what belongs to the fleet. */
  const state = (): string => {
    const fleets = `${lab.fleet.directory}/state/ztna-fleet/fleets`;
    const [fleet] = [...Deno.readDirSync(fleets)];
    return `${fleets}/${fleet!.name}`;
  };
  const audit = (): string => Deno.readTextFileSync(`${state()}/audit.jsonl`);

  /** Puts a certificate of the fleet's authority and its key on the relay's disk. */
  async function replaceCertificate(issuedMs: number): Promise<void> {
    const authority = (await new CertificateStore(`${state()}/tls`).openAuthority(Date.now()))!;
    const request = serverCertificate("relay", "relay.relay1", []);
    const { certificatePem, keyPem } = await authority.issue(request, issuedMs);
    await lab.sh(
      "relay1",
      `cat > ${relayCertificate} <<'END'\n${certificatePem}END\ncat > ${relayKey} <<'END'\n${keyPem}END`,
    );
  }

  it("has nothing to mend in a fleet that is well, and does not ask then", async () => {
    const { code, results } = await fix(["--yes"]);
    assertEquals([code, results], [0, []]);
  });

  it("asks, so that nothing is changed where nobody can answer", async () => {
    const { code, stderr } = await lab.fleet.run("sweep", ["--fix"]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, '"--yes"');
  });

  it("says with --check what it would mend, and mends it with --yes", async () => {
    await replaceCertificate(Date.now() - 2 * yearMs);
    await lab.sh("relay1", `systemctl stop ztna-relay@a; chmod 644 ${relayKey}`);
    await lab.sh("connector1", "systemctl disable --now ztna-application@a");
    const audited = audit().length;

    const expected = (result: string): string[][] => [
      ["connector1", "unit application", "left_alone"],
      ["relay1", "certificate relay", result],
      ["relay1", `key-permissions ${relayKey}`, result],
      ["relay1", "unit relay", result],
    ];
    const checked = await fix(["--check"]);
    assertEquals(checked.results, expected("would_be_mended"));
    assertEquals(checked.code, wouldChangeExitCode);
    assertEquals([await stateOf("relay1", "relay"), await modeOf(relayKey)], ["inactive", "644"]);
    assertEquals(audit().length, audited);

    const mended = await fix(["--yes"]);
    assertEquals(mended.results, expected("mended"));
    const application = mended.json.fixes.find(({ host }) => host === "connector1");
    assertStringIncludes(application!.why!, "somebody has disabled");
    assertEquals([await stateOf("relay1", "relay"), await modeOf(relayKey)], ["active", "600"]);
    assertEquals(await stateOf("connector1", "application"), "inactive");
    const told = audit().slice(audited);
    assertStringIncludes(told, '"command":"sweep"');
    assertStringIncludes(told, "start ztna-relay@a.service");

    await lab.sh("connector1", "systemctl enable --now ztna-application@a");
    assertEquals((await lab.sweep()).complaints, []);
    assertEquals((await lab.fleet.deploy(["--check", "--no-probe"])).changed, 0);
  });

  it("restarts a relay that was left draining, and waits for its tunnels", async () => {
    await lab.sh("relay1", "systemctl kill --signal=SIGUSR2 ztna-relay@a");
    const variables = { ztna_sweep_drain: { warning: 0, critical: 600 } };
    const { results, json } = await fix(["--yes"], variables);
    assertEquals(results, [["relay1", "drain relay", "mended"]]);
    // The connector has lost its only relay for a moment, and says so in its journal.
    assertEquals(wrongOf(json).filter(({ check }) => check !== "journal-errors"), []);
    assert(json.fixes[0]!.changes.some(({ summary }) => summary.includes("restart the relay")));
    await lab.sh("relay1", "flock -n /run/ztna.lock true");
  });

  it("has a relay read the certificate on its disk, and leaves that one to a deploy", async () => {
    await replaceCertificate(Date.now());
    const pid = await lab.sh("relay1", "systemctl show -P MainPID ztna-relay@a");
    const { results, json } = await fix(["--yes"]);
    assertEquals(results, [["relay1", "served-certificate relay", "mended"]]);
    assertEquals(await lab.sh("relay1", "systemctl show -P MainPID ztna-relay@a"), pid);
    assertEquals(wrongOf(json).map(({ check }) => check), ["configuration", "configuration"]);
    await lab.fleet.deploy();
  });

  it("prunes releases, and says so when the disk is still too full", async () => {
    const old = "/opt/ztna/releases/0.0.1-old";
    await lab.sh("relay1", `mkdir ${old}; touch ${old}/SHA256SUMS; echo deno-0 > ${old}/runtime`);
    const variables = {
      ztna_keep_releases: 2,
      ztna_sweep_disk_space: { warning: 0, critical: 101 },
    };
    await lab.sh("relay1", `cp -r ${old} ${old}2; cp -r ${old} ${old}3`);
    const { code, results } = await fix(["--yes", "--limit", "relay1"], variables);
    assertEquals([code, results[0]?.[0], results[0]?.[2]], [3, "relay1", "still_wrong"]);
    assertEquals(await lab.sh("relay1", "ls /opt/ztna/releases | wc -l"), "2");
  });
});
