import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { catalogues, jobs, type ScrapedProgram } from "../../dashboards/catalogue.ts";
import { waitFor } from "../support/wait.ts";
import { askBoardQuery, queriedBoards, variableValues } from "./board_queries.ts";
import { LoadRecord } from "./load_record.ts";
import { legitimatelyEmpty, reasonToBeEmpty } from "./legitimately_empty.ts";
import { MonitoredFleet } from "./monitored_fleet.ts";
import { fleetName } from "./monitored_tunnel.ts";
import { skipWithoutPrometheus } from "./prometheus_server.ts";

const newRelease = "0.2.0-9b1c77aa3f2e";
/** From the first scrape of all programs on. */
const loadMs = 60_000;
/** Before the restart, for rates that nothing disturbs. */
const quietMs = 20_000;
/** Scrapes and sends don't fall together, and a loaded machine does both late. */
const tolerance = 0.15;
const boards = queriedBoards();

describe("a fleet that has been under load for a minute, with one restart", {
  skip: skipWithoutPrometheus(),
}, () => {
  let fleet: MonitoredFleet;
  let record: LoadRecord;
  let start: number;
  let end: number;

  before(async () => {
    fleet = await MonitoredFleet.start();
    start = Date.now() / 1000;
    record = LoadRecord.start(fleet.tunnel.load);
    await waitFor(() => Date.now() / 1000 - start > quietMs / 1000, "quiet load", 2 * quietMs);
    record.stop();
    await fleet.restart("relay01", newRelease);
    await waitFor(() => Date.now() / 1000 - start > loadMs / 1000, "a minute of load", 2 * loadMs);
    end = Date.now() / 1000;
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
          const { values, expression } = await askBoardQuery(
            fleet.prometheus,
            board,
            query,
            { start, end },
          );
          const reason = reasonToBeEmpty(query);
          const where = `${query.panel} ${query.refId}: ${expression}`;
          if (hasData(values) === (reason !== undefined)) {
            wrong.push(
              `${reason === undefined ? "no data" : "data, in spite of its reason"}: ${where}`,
            );
          }
          if (values.some((value) => Math.abs(value) === Infinity)) {
            wrong.push(`infinite: ${where}`);
          }
        }
        assertEquals(wrong, []);
      });

      for (const variable of board.variables) {
        it(`has values for the variable ${variable.name}, and data for one of them`, async () => {
          const range = { start, end };
          const values = await variableValues(fleet.prometheus, board, variable, range);
          assert(values.length > 0, "no values");
          const wrong = [];
          for (const query of board.queries) {
            if (reasonToBeEmpty(query) !== undefined) continue;
            let found = false;
            for (const value of values) {
              const chosen = { variable: variable.name, value };
              const answer = await askBoardQuery(fleet.prometheus, board, query, range, chosen);
              found ||= hasData(answer.values);
              if (found) break;
            }
            if (!found) wrong.push(`no data: ${query.panel} ${query.refId}: ${query.expression}`);
          }
          assertEquals(wrong, []);
        });
      }

      it("has annotations that Prometheus can evaluate", async () => {
        for (const { expr, target } of board.annotations) {
          const expression = target?.expr ?? expr;
          if (expression === "") continue;
          const query = { expression, isInstant: false };
          await askBoardQuery(fleet.prometheus, board, query, { start, end });
        }
      });
    });
  }

  it("lists no reason to be empty for a query that does not exist", () => {
    const queries = boards.flatMap(({ queries }) => queries);
    const unknown = legitimatelyEmpty.filter(({ panel, refId }) =>
      !queries.some((query) =>
        query.panel === panel && (refId === undefined || query.refId === refId)
      )
    );
    assertEquals(unknown, []);
  });

  it("has rules that all evaluate, and series of each recording rule", async () => {
    const rules = await fleet.prometheus.rules();
    const wrong = rules.filter(({ health }) => health !== "ok")
      .map(({ name, lastError }) => `${name}: ${lastError}`);
    for (const { name, type } of rules) {
      if (type === "recording" && (await fleet.prometheus.query(name)).length === 0) {
        wrong.push(`${name}: no series`);
      }
    }
    assertEquals(wrong, []);
  });

  it("relays as many packets a second as the agents sent and got", async () => {
    const { seconds, endTime, sent, received } = record.total();
    const measured = await fleet.prometheus.value(
      `sum(rate(ztna_datagrams_relayed_total[${seconds}s]))`,
      endTime,
    );
    isNear(measured, (sent + received) / seconds);
  });

  it("carries each service's packets as its agents sent and got them", async () => {
    for (const service of record.services) {
      const { seconds, endTime, sent, received } = record.of(service);
      const carried = (direction: string): Promise<number | undefined> =>
        fleet.prometheus.value(
          `sum(rate(ztna_connector_packets_total{service="${service}",direction="${direction}"}` +
            `[${seconds}s]))`,
          endTime,
        );
      isNear(await carried("to_backend"), sent / seconds);
      isNear(await carried("to_agent"), received / seconds);
    }
  });

  it("counts the agents, connectors and services that there are", async () => {
    const { load, uplinks, services } = fleet.tunnel;
    // The troublemaker is an agent, too.
    assertEquals(await fleet.prometheus.value("sum(ztna_relay_agents)"), load.agents + 1);
    assertEquals(await fleet.prometheus.value("sum(ztna_relay_connectors)"), uplinks);
    assertEquals(await fleet.prometheus.value("sum(ztna_connector_services)"), uplinks);
    const registered = "count(service:ztna_service_registered:max == 1)";
    assertEquals(await fleet.prometheus.value(registered), services.length);
  });

  it("shows each host's release in the table of programs", async () => {
    const board = boards.find(({ uid }) => uid === "ztna-fleet")!;
    const query = board.queries.find(({ panel, expression }) =>
      panel === "Programs" && expression.includes("ztna_build_info")
    )!;
    const { expression } = await askBoardQuery(fleet.prometheus, board, query, { start, end });
    const rows = await fleet.prometheus.query(expression);
    const shown = rows.map(({ labels }) => [labels["instance"], labels["release"]]);
    const expected = [...fleet.tunnel.hosts.values()].map(({ host, release }) => [host, release]);
    assertEquals(shown.sort(), expected.sort());
  });
});

/** Whether a reader sees something: NaN is drawn as nothing. */
function hasData(values: readonly number[]): boolean {
  return values.some((value) => Number.isFinite(value));
}

function isNear(measured: number | undefined, expected: number): void {
  assert(measured !== undefined, "no value");
  assertAlmostEquals(measured, expected, Math.max(1, expected * tolerance));
}
