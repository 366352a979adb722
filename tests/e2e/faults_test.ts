import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

/** Where it is shown that these programs don't have a fault of the reference, or why that can't be. */
type Evidence = { readonly shownBy: readonly string[] } | { readonly because: string };

const e2e = (...names: string[]): Evidence => ({
  shownBy: names.map((name) => `tests/e2e/${name}_test.ts`),
});
const unit = (...files: string[]): Evidence => ({ shownBy: files });
const signaling = { because: "peer-to-peer signaling is not offered yet: streams are discarded" };
const tcp = { because: "TCP is not carried yet" };

/** The reference's faults (protocol sections 12.1 and 12.2) that these programs are to avoid. */
const faults: Readonly<Record<string, Evidence>> = {
  LR1: e2e("many_agents"),
  LR2: e2e("failover"),
  LR3: e2e("registration"),
  LR4: e2e("routing"),
  LR5: e2e("registration"),
  LR6: e2e("routing"),
  LR7: e2e("registration"),
  LR8: e2e("reconnect"),
  LR9: e2e("registration", "reconnect"),
  LR10: e2e("authorization"),
  LR11: signaling,
  LR12: signaling,
  LR13: e2e("hostile_input"),
  LR14: unit("tunnel/quic/endpoint_hostile_input_test.ts"),
  LR15: unit("tunnel/quic/endpoint_hostile_input_test.ts"),
  LR16: e2e("hostile_input"),
  LR17: e2e("hostile_input", "reconnect"),
  LR18: e2e("reconnect"),
  LR19: e2e("shutdown"),
  LR20: e2e("shutdown"),
  LR21: e2e("reload"),
  LR22: { because: "a matter of speed: deno task bench relay, idleConnectionsRatio" },
  LR23: e2e("admin"),
  LR24: e2e("shutdown"),
  LR25: e2e("hostile_input"),
  LR26: e2e("registration", "hostile_input"),
  LR27: signaling,
  LR28: e2e("authorization"),
  LR29: e2e("observed_address"),
  LR30: e2e("observed_address"),
  LR31: e2e("program"),
  LR32: unit("tunnel/quic/endpoint_connection_id_test.ts"),
  LR33: { because: "inherent to the protocol: QUIC ends at the relay" },
  LR34: { because: "clustering, persistence and tenants are no part of this system" },
  LR35: signaling,
  LR36: e2e("authorization"),
  LC1: e2e("many_agents"),
  LC2: e2e("many_agents"),
  LC3: e2e("connector_udp"),
  LC4: e2e("connector_udp"),
  LC5: e2e("connector_udp", "program"),
  LC6: tcp,
  LC16: e2e("connector_icmp"),
  LC17: e2e("connector_udp"),
  LC27: e2e("reconnect"),
  LC28: e2e("reconnect", "shutdown"),
  LC29: e2e("shutdown", "reload"),
  LC30: e2e("reconnect"),
  LC31: e2e("reconnect"),
  LC32: e2e("reconnect"),
  LC33: e2e("reconnect", "connector_udp"),
  LC34: e2e("program", "connector_udp", "connector_icmp"),
  LC35: e2e("admin"),
  LC37: e2e("connector_udp"),
};

const root = new URL("../../", import.meta.url);

/** The titles of a file's tests, in the code or in a table of cases. */
function titlesOf(file: string): string[] {
  const text = Deno.readTextFileSync(new URL(file, root));
  const titles = text.matchAll(/\b(?:it\(\s*|title: )(["'`])(.*?)\1\s*,/gs);
  return [...titles].map((match) => match[2]!);
}

function names(title: string, fault: string): boolean {
  return new RegExp(`\\b${fault}\\b`).test(title);
}

describe("the reference's faults", () => {
  it("are all in the table: of the relay, and of the connector's first six", () => {
    const expected = [
      ...Array.from({ length: 36 }, (_, index) => `LR${index + 1}`),
      ...Array.from({ length: 6 }, (_, index) => `LC${index + 1}`),
    ];
    assertEquals(expected.filter((fault) => faults[fault] === undefined), []);
  });

  for (const [fault, evidence] of Object.entries(faults)) {
    if (!("shownBy" in evidence)) continue;
    it(`are not ours: ${fault}`, () => {
      for (const file of evidence.shownBy) {
        const shown = titlesOf(file).filter((title) => names(title, fault));
        assert(shown.length > 0, `No test of ${file} names ${fault} in its title`);
      }
    });
  }

  it("are in the table when an end-to-end test names them", () => {
    const missing: string[] = [];
    for (const entry of Deno.readDirSync(new URL("tests/e2e/", root))) {
      const file = `tests/e2e/${entry.name}`;
      if (file.endsWith("faults_test.ts")) continue;
      for (const title of titlesOf(file)) {
        for (const [, fault] of title.matchAll(/\[(L[RC]\d+)\]/g)) {
          const evidence = faults[fault!];
          const isListed = evidence !== undefined && "shownBy" in evidence &&
            evidence.shownBy.includes(file);
          if (!isListed) missing.push(`${fault} in ${file}`);
        }
      }
    }
    assertEquals(missing, []);
  });
});
