import { assertEquals, assertMatch } from "@std/assert";
import type { Finding, FindingStatus } from "../../ops/sweep/finding.ts";
import { waitForAnswer } from "../support/wait.ts";
import type { SweepEnd, SweepLab, SweepOptions } from "./sweep_lab.ts";

/** What a sweep has to say of a fault. */
export interface ExpectedFinding {
  readonly host: string | null;
  /** The check's ID. */
  readonly check: string;
  readonly subject: string;
  readonly status: Exclude<FindingStatus, "ok">;
  /** What the value must say; anything by default. */
  readonly value?: RegExp;
  readonly remedy: RegExp;
}

/** What else may be wrong, since the fault brings it with it. */
export interface Consequence {
  readonly host: string | null;
  readonly checks: readonly string[];
  readonly because: string;
}

/** What is done behind the operator's back: a script as root on a host, or what else there is. */
export type FaultStep = string | ((lab: SweepLab) => Promise<unknown>);

/** Takes a step. @param host Where a script runs. */
export async function takeStep(lab: SweepLab, host: string, step: FaultStep): Promise<void> {
  if (typeof step === "string") await lab.sh(host, step);
  else await step(lab);
}

/** Something that goes wrong with a fleet, and comes right again. */
export interface Fault {
  /** Ends the sentence "tells of …". */
  readonly title: string;
  /** Scripts are for the host of the finding. */
  readonly breaks: FaultStep;
  readonly mends: FaultStep;
  readonly finding: ExpectedFinding;
  readonly consequences?: readonly Consequence[];
  /** How the broken fleet is swept. */
  readonly sweep?: SweepOptions;
}

/** How long a fault may take to show, and a fleet to be well again, in ms. */
const timeoutMs = 90_000;

/**
 * Breaks a fleet and mends it. Shows that a sweep says what is wrong, and what to do; that it says
 * nothing else; and that all is well in the end.
 */
export async function showFault(lab: SweepLab, fault: Fault): Promise<void> {
  const host = fault.finding.host ?? "relay1";
  try {
    await takeStep(lab, host, fault.breaks);
    await assertTold(lab, fault);
  } catch (error) {
    await takeStep(lab, host, fault.mends);
    // What is left of it is not the next fault's.
    await assertMends(lab, fault.title).catch(() => {});
    throw error;
  }
  await takeStep(lab, host, fault.mends);
  await assertMends(lab, fault.title);
}

async function assertTold(lab: SweepLab, fault: Fault): Promise<void> {
  const { finding, consequences = [], sweep = {} } = fault;
  const broken = await waitForAnswer(
    async () => {
      const end = await lab.sweep(sweep);
      return end.complaints.some((found) => isExpected(found, finding)) && end;
    },
    `a sweep that tells of ${fault.title}`,
    timeoutMs,
  ).catch(async (error: unknown) => {
    throw new Error(`${error}\n${shown(await lab.sweep(sweep))}`, { cause: error });
  });
  const found = broken.complaints.filter((each) => isExpected(each, finding));
  assertEquals(found.length, 1, shown(broken));
  assertMatch(found[0]!.remedy, finding.remedy);
  assertMatch(found[0]!.value, finding.value ?? /./);
  const others = broken.complaints.filter((each) =>
    each !== found[0] &&
    !consequences.some(({ host, checks }) => host === each.host && checks.includes(each.check))
  );
  assertEquals(others, []);
  assertEquals(broken.end.code, exitCodeFor(broken.complaints));
}

/** Shows that a sweep finds nothing any more, as soon as a fleet can be well again. */
export async function assertMends(lab: SweepLab, fault: string): Promise<void> {
  let last: SweepEnd | undefined;
  await waitForAnswer(
    async () => {
      last = await lab.sweep();
      return last.complaints.length === 0;
    },
    `a sweep that finds nothing after ${fault}`,
    timeoutMs,
  ).catch((error: unknown) => {
    throw new Error(`${error}\n${last && shown(last)}`, { cause: error });
  });
  assertEquals(last!.end.code, 0);
}

/** As the documentation has it. */
function exitCodeFor(complaints: readonly Finding[]): number {
  const critical = complaints.filter(({ status }) => status === "critical");
  if (critical.length === 0) return 3;
  return critical.every(({ check }) => check === "reachable") ? 4 : 1;
}

function isExpected(
  { host, check, subject, status }: Finding,
  expected: ExpectedFinding,
): boolean {
  return host === expected.host && check === expected.check && subject === expected.subject &&
    status === expected.status;
}

function shown({ complaints }: SweepEnd): string {
  return complaints.map((each) => JSON.stringify(each)).join("\n") || "no complaints";
}
