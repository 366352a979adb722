import type { HistoryDatabase } from "./history_database.ts";
import { stateNumber } from "./known_state.ts";

const gone = stateNumber("gone");

/** A finding that changes its state so often that each change says little. */
export interface FlappingFinding {
  readonly host: string | null;
  readonly check: string;
  readonly subject: string;
  /** Its changes within {@linkcode flappingRule.windowMs}. */
  readonly changes: number;
}

/**
 * When a finding counts as flapping: broken and mended twice within two hours. Sweeps that are an
 * hour apart or more can't tell, and never say so.
 */
export const flappingRule = { changes: 4, windowMs: 7_200_000 } as const;

/** The findings that are flapping at `nowMs`, the worst first. */
export function flappingFindings(database: HistoryDatabase, nowMs: number): FlappingFinding[] {
  const fromMs = nowMs - flappingRule.windowMs;
  // Whether anybody looks is no state of what is looked at.
  const isChange = `previous is not null and previous <> ${gone} and status <> ${gone} ` +
    "and since_ms >= ? and since_ms <= ?";
  const rows = database.rows<[string, string, string, number]>(
    `select host, check_id, subject, count(*) as changes from (
       select id, status, previous, since_ms from findings where ${isChange}
       union all
       select finding, status, previous, since_ms from past_states
         where until_ms >= ? and ${isChange}
     ) as changed join findings on findings.id = changed.id
     where findings.status <> ${gone}
     group by findings.id having changes >= ? order by changes desc, findings.id`,
    ...[fromMs, nowMs, fromMs, fromMs, nowMs, flappingRule.changes],
  );
  return rows.map(([host, check, subject, changes]) => ({
    ...{ host: host === "" ? null : host, check, subject, changes },
  }));
}
