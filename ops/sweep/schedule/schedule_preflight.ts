import { quote } from "../../../tunnel/printable.ts";
import { shellQuote } from "../../engine/connection/quote.ts";
import type { SweepSchedule } from "./sweep_schedule.ts";

/** A script that looks whether the machine can sweep; for {@linkcode preflightProblems}. */
export function preflightScript(schedule: SweepSchedule): string {
  const { user, checkout, deno, inputs, outputs } = schedule;
  const each = (name: string, test: string, paths: readonly string[]): string =>
    paths.map((path, index) => `as test ${test} ${shellQuote(path)} || echo ${name} ${index}\n`)
      .join("");
  return `[ "$(id -u)" = 0 ] || { echo root; exit; }
[ -d /run/systemd/system ] || echo systemd
getent passwd ${shellQuote(user)} > /dev/null || { echo user; exit; }
as() { runuser -u ${shellQuote(user)} -- "$@" > /dev/null 2>&1; }
as test -r ${shellQuote(`${checkout}/ops/sweep.ts`)} || echo checkout
as ${shellQuote(deno)} --version || echo deno
as ssh -V || echo ssh
${each("input", "-r", inputs)}${each("output", "-w", outputs)}`;
}

/** What is missing on the machine, each with what to do; from the script's output. */
export function preflightProblems(
  output: string,
  { user, checkout, deno, inputs, outputs }: SweepSchedule,
): string[] {
  const who = `the user ${quote(user)}`;
  return output.split("\n").flatMap((line): string[] => {
    const [word, index] = line.split(" ");
    switch (word) {
      case "root":
        return [
          'its scripts must run as root: log in as root, or set "ansible_become: true" for it',
        ];
      case "systemd":
        return ["it must run systemd: see --print crontab for a machine that doesn't"];
      case "user":
        return [
          `there must be ${who}: make one ("adduser --system --shell /bin/sh --home ` +
          `/var/lib/${user} ${user}"), or name another with --user`,
        ];
      case "checkout":
        return [
          `${who} must be able to read this checkout at ${quote(checkout)}: put it there ` +
          "(git clone), or say with --checkout where it is",
        ];
      case "deno":
        return [
          `${who} must be able to run ${quote(deno)}: install Deno, or say with --deno where it is`,
        ];
      case "ssh":
        return [`${who} must be able to run ssh: install "openssh-client"`];
      case "input":
        return [`${who} must be able to read ${quote(inputs[Number(index)] ?? "", 200)}`];
      case "output":
        return [`${who} must be able to write in ${quote(outputs[Number(index)] ?? "", 200)}`];
    }
    return [];
  });
}
