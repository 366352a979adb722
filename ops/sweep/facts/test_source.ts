import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import type { FactQuestion, FactSource } from "./fact_source.ts";
import { unitsScript } from "./units.ts";

/** What tests ask: about a host of every role, without a sweep before. */
export const testQuestion: FactQuestion = { host: everyRoleHost, sinceSeconds: undefined };

/** Reads a text as a source's output. */
export function parse<T>(source: FactSource<T>, output: string): T | undefined {
  return source.parse(output, testQuestion);
}

/** What a source's script prints on this machine, and what is read from it. */
export async function ask<T>(
  source: FactSource<T>,
  question: FactQuestion = testQuestion,
  systemd: StandInSystemd = new StandInSystemd(),
): Promise<{ output: string; facts: T | undefined }> {
  using _ = systemd;
  const { stdout, stderr, code } = await systemd.run(
    unitsScript(question.host) + source.script(question),
  );
  if (code !== 0 || stderr !== "") throw new Error(`Exit code ${code}: ${stderr}`);
  return { output: stdout, facts: source.parse(stdout, question) };
}
