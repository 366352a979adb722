import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { catalogues, jobs, type ScrapedProgram } from "../../dashboards/catalogue.ts";
import { waitFor } from "../support/wait.ts";
import {
  askBoardQuery,
  type AskedRange,
  type BoardQuery,
  interpolate,
  type QueriedBoard,
  queriedBoards,
  variableValues,
} from "./board_queries.ts";
import { LoadRecord, type RecordedLoad } from "./load_record.ts";
import { legitimatelyEmpty, reasonToBeEmpty } from "./legitimately_empty.ts";
import { MonitoredFleet } from "./monitored_fleet.ts";
import { fleetName } from "./monitored_tunnel.ts";
import { skipWithoutPrometheus } from "./prometheus_server.ts";

const restarted = "relay01";
const newRelease = "0.2.0-9b1c77aa3f2e";
/** From the first scrape of all programs on. */
const loadSeconds = 60;
/** Before the restart, for rates that nothing disturbs. */
const quietSeconds = 20;
/** A machine that scrapes late leaves no gap in them. */
const rateSeconds = 10;
/** Scrapes and sends don't fall together, and a loaded machine does both late. */
const tolerance = 0.15;

const boards = queriedBoards();

function boardOf(uid: string): QueriedBoard {
  const board = boards.find((each) => each.uid === uid);
  assert(board !== undefined, `no dashboard ${uid}`);
  return board;
}

function queryOf(board: QueriedBoard, panel: string, refId = "A"): BoardQuery {
  const query = board.queries.find((each) => each.panel === panel && each.refId === refId);
  assert(query !== undefined, `no query ${refId} of ${panel} in ${board.uid}`);
  return query;
}

/** Whether a reader sees something: NaN is drawn as nothing. */
function hasData(values: readonly number[]): boolean {
  return values.some((value) => Number.isFinite(value));
}

const shown = ({ panel, refId, expression }: BoardQuery): string =>
  `${panel} ${refId}: ${expression}`;

function assertNear(measured: number, expected: number, what: string): void {
  assertAlmostEquals(measured, expected, Math.max(1, expected * tolerance), what);
}

describe("a fleet that has been under load for a minute, with one restart", {
  skip: skipWithoutPrometheus(),
}, () => {
  let fleet: MonitoredFleet;
  let record: LoadRecord;
  let range: AskedRange;

  before(async () => {
    fleet = await MonitoredFleet.start();
    const start = Date.now() / 1000;
    const reaches = async (seconds: number): Promise<void> => {
      const isOver = (): boolean => Date.now() / 1000 - start >= seconds;
      await waitFor(isOver, `${seconds} s of load`, 2 * loadSeconds * 1000);
    };
    record = LoadRecord.start(fleet.tunnel.load);
    await reaches(quietSeconds);
    record.stop();
    await fleet.restart(restarted, newRelease);
    await reaches(loadSeconds);
    range = { start, end: Date.now() / 1000, rateSeconds };
  });

  after(async () => await fleet?.[Symbol.asyncDispose]());

  for (const program of Object.keys(catalogues) as ScrapedProgram[]) {
    it(`has each metric of the ${program} with its target's labels`, async () => {
      const target = `job="${jobs[program]}",fleet="${fleetName}",instance=~"${program}0."`;
      const missing = [];
      for (const { name, kind } of Object.values(catalogues[program])) {
        const series = kind === "histogram" ? `${name}_bucket` : name;
        const found = await fleet.prometheus.query(`count(${series}{${target}})`);
        if (found.length === 0) missing.push(name);
      }
      assertEquals(missing, []);
    });
  }

  for (const board of boards) {
    describe(`the dashboard ${board.uid}`, () => {
      it("has data for each query of each panel, or a reason to have none", async () => {
        const wrong = [];
        for (const query of board.queries) {
          const values = await askBoardQuery(fleet.prometheus, board, query, { range });
          const reason = reasonToBeEmpty(query);
          if (reason === undefined && !hasData(values)) wrong.push(`no data: ${shown(query)}`);
          if (reason !== undefined && hasData(values)) {
            wrong.push(`data, although ${reason}: ${shown(query)}`);
          }
          if (values.some((value) => Math.abs(value) === Infinity)) {
            wrong.push(`infinite: ${shown(query)}`);
          }
        }
        assertEquals(wrong, []);
      });

      for (const variable of board.variables) {
        it(`has values for its variable ${variable.name}, and data for one of them`, async () => {
          const values = await variableValues(fleet.prometheus, board, variable, range);
          assert(values.length > 0, "no values");
          const wrong = [];
          for (const query of board.queries) {
            if (reasonToBeEmpty(query) !== undefined) continue;
            let found = false;
            for (const value of values) {
              const chosen = { variable: variable.name, value };
              const answer = await askBoardQuery(fleet.prometheus, board, query, { range, chosen });
              found = hasData(answer);
              if (found) break;
            }
            const reason = reasonToBeEmpty(query, variable.name);
            if (reason === undefined && !found) wrong.push(`no data: ${shown(query)}`);
            if (reason !== undefined && found) {
              wrong.push(`data, although ${reason}: ${shown(query)}`);
            }
          }
          assertEquals(wrong, []);
        });
      }

      it("has annotations that Prometheus can evaluate", async () => {
        for (const { expr, target } of board.annotations) {
          const expression = target?.expr ?? expr;
          if (expression === "") continue; // one of Grafana's own store
          const query = { expression, isInstant: false };
          await askBoardQuery(fleet.prometheus, board, query, { range });
        }
      });
    });
  }

  for (const name of ["Process started", "Drains"]) {
    it(`marks the restart on the dashboard of rollouts: ${name}`, async () => {
      const board = boardOf("ztna-rollout");
      const annotation = board.annotations.find((each) => each.name === name);
      assert(annotation?.target, `no annotation ${name}`);
      const expression = interpolate(board, annotation.target.expr, { range });
      const step = 1;
      const series = await fleet.prometheus.queryRange(expression, { ...range, step });
      assertEquals(series.map(({ labels }) => labels["instance"]), [restarted]);
    });
  }

  it("lists no panel as empty that does not exist", () => {
    const queries = boards.flatMap((board) => board.queries);
    const unknown = legitimatelyEmpty.filter(({ board, panel }) =>
      !queries.some((query) => query.board === board && query.panel === panel)
    );
    assertEquals(unknown, []);
  });

  it("has rules that all evaluate, and series of each recording rule", async () => {
    const rules = await fleet.prometheus.rules();
    assert(rules.length > 0);
    const wrong = rules.filter(({ health }) => health !== "ok")
      .map(({ name, lastError }) => `${name}: ${lastError}`);
    for (const { name, type } of rules) {
      if (type === "recording" && (await fleet.prometheus.query(name)).length === 0) {
        wrong.push(`${name}: no series`);
      }
    }
    assertEquals(wrong, []);
  });

  /** What a panel showed at the end of the quiet time, its rates taken over all of that. */
  async function quietValue(
    [uid, panel, refId]: readonly [uid: string, panel: string, refId: string],
    { seconds, endTime }: RecordedLoad,
    service?: string,
  ): Promise<number> {
    const board = boardOf(uid);
    const query = { ...queryOf(board, panel, refId), isInstant: true };
    const values = await askBoardQuery(fleet.prometheus, board, query, {
      range: { start: endTime - seconds, end: endTime, rateSeconds: seconds },
      ...service !== undefined && { chosen: { variable: "service", value: service } },
    });
    assertEquals(values.length, 1, shown(query));
    return values[0]!;
  }

  it("shows as many relayed packets a second as the agents have sent and got", async () => {
    const total = record.total();
    const { seconds, sent, received } = total;
    const measured = await quietValue(["ztna-relay", "Packets relayed", "A"], total);
    assertNear(measured, (sent + received) / seconds, "packets a second");
  });

  it("shows each service's packets at both ends as its agents have sent and got them", async () => {
    for (const service of record.services) {
      const load = record.of(service);
      for (
        const [panel, packets] of [
          ["To the backend", load.sent],
          ["To the agents", load.received],
        ] as const
      ) {
        for (const refId of ["A", "B"]) {
          const measured = await quietValue(["ztna-service", panel, refId], load, service);
          assertNear(measured, packets / load.seconds, `${service}: ${panel} ${refId}`);
        }
      }
    }
  });

  it("counts what clients and strangers have done that they must not, and the restart", async () => {
    const moved = [
      ...["no_connector", "not_registered", "malformed_routed"].map((reason) =>
        `ztna_relay_drops_total{reason="${reason}"}`
      ),
      "ztna_registration_rejections_total",
      'ztna_relay_handshakes_total{result="failed"}',
      'ztna_relay_quic_packets_dropped_total{reason="unsupported_version"}',
      "ztna_relay_address_changes_total",
      "ztna_relay_translated_packets_total",
      'ztna_connector_drops_total{reason="not_ipv4"}',
      "ztna_connector_connection_losses_total",
      "ztna_connector_reconnections_total",
    ];
    const still = [];
    for (const series of moved) {
      const increase = `sum(increase(${series}[${Math.ceil(range.end - range.start)}s]))`;
      if ((await fleet.prometheus.value(increase, range.end) ?? 0) === 0) still.push(series);
    }
    assertEquals(still, []);
  });

  it("counts the agents, connectors and services that there are", async () => {
    const { load, uplinks, services } = fleet.tunnel;
    const counts = {
      // The troublemaker is an agent, too.
      "sum(ztna_relay_agents)": load.agents + 1,
      "sum(ztna_relay_connectors)": uplinks,
      "sum(ztna_connector_services)": uplinks,
      "count(service:ztna_service_registered:max == 1)": services.length,
    };
    for (const [expression, count] of Object.entries(counts)) {
      assertEquals(await fleet.prometheus.value(expression), count, expression);
    }
  });

  it("shows each host's release in the table of programs", async () => {
    const board = boardOf("ztna-fleet");
    const query = board.queries.find(({ panel, expression }) =>
      panel === "Programs" && expression.includes("ztna_build_info")
    );
    assert(query !== undefined, "no query of the releases");
    const expression = interpolate(board, query.expression, { range });
    const rows = await fleet.prometheus.query(expression, range.end);
    const releases = rows.map(({ labels }) => [labels["instance"], labels["release"]]);
    const expected = [...fleet.tunnel.hosts.values()].map(({ host, release }) => [host, release]);
    assertEquals(releases.sort(), expected.sort());
  });
});
