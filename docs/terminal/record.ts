/**
 * Records commands in a pseudo terminal, and draws recordings for the documentation:
 *
 *     deno run -A docs/terminal/record.ts deploy.cast -- "deno task deploy" "deno task status"
 *     deno run -A docs/terminal/record.ts deploy.cast --svg deploy.svg [--animate | --at SECONDS]
 */

import { hostname, userInfo } from "node:os";
import { ConfigError } from "../../tunnel/errors.ts";
import { defineProgram, parseOptions } from "../../tunnel/options.ts";
import { quote } from "../../tunnel/printable.ts";
import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { checkout, checkoutVersion } from "../../ops/checkout.ts";
import { type CommandContext, runCommand } from "../../ops/command.ts";
import { framesOf, linesOf } from "../../ops/terminal/recording/frames.ts";
import { recordSession } from "../../ops/terminal/recording/record_session.ts";
import {
  formatRecording,
  parseRecording,
  type Recording,
  replaced,
  withoutPauses,
  withReplacements,
} from "../../ops/terminal/recording/recording.ts";
import { animatedSvg, stillSvg } from "../../ops/terminal/recording/terminal_svg.ts";

const program = defineProgram({
  name: "deno run -A docs/terminal/record.ts",
  summary: "Records command lines in a pseudo terminal, or draws a recording as SVG.",
  version: checkoutVersion(checkout),
  options: {
    recording: {
      type: "string",
      positional: 1,
      required: true,
      placeholder: "FILE",
      help: "The recording, an asciicast of version 2",
    },
    commands: { type: "rest", placeholder: "COMMAND", help: "Command lines to record" },
    columns: {
      type: "integer",
      flag: "--columns",
      min: 20,
      max: 500,
      default: 100,
      help: "Width of the terminal",
    },
    rows: {
      type: "integer",
      flag: "--rows",
      min: 4,
      max: 200,
      default: 24,
      help: "Height of the terminal",
    },
    replace: {
      type: "strings",
      flag: "--replace",
      placeholder: "FROM=TO",
      check: (text) => /^[^=]+=/.test(text) ? undefined : "it must be FROM=TO",
      help: "Text to write differently, besides names of this machine, its user and directories",
    },
    svg: { type: "string", flag: "--svg", placeholder: "FILE", help: "Draw the recording" },
    animate: { type: "boolean", flag: "--animate", help: "Draw all of it, moving" },
    at: {
      type: "number",
      flag: "--at",
      placeholder: "SECONDS",
      help: "Draw the screen at this time; without it, all lines as they are in the end",
    },
    maxPause: {
      type: "number",
      flag: "--max-pause",
      placeholder: "SECONDS",
      min: 0.1,
      default: 2,
      help: "Shorten pauses of a moving picture to this",
    },
  },
});

async function main({ report }: CommandContext): Promise<number> {
  const parsed = parseOptions(program, Deno.args);
  if (parsed.kind !== "run") {
    report.result(parsed.text);
    return 0;
  }
  const { recording: path, commands, columns, rows, replace, svg, animate, at } = parsed.values;
  if ((commands.length === 0) === (svg === undefined)) {
    throw new ConfigError(
      'Cannot go on as either command lines must follow "--", or "--svg" must be given',
    );
  }
  if (svg === undefined) {
    const replacements = [...replace.map(splitOnce), ...ownNames()];
    const session = await recordSession({
      commands,
      shownAs: (command) => replaced(command, replacements),
      size: { columns, rows },
      directory: checkout,
    });
    const recording = withReplacements(session, replacements);
    writeFileAtomically(path, formatRecording(recording));
    return 0;
  }
  const recording = readRecording(path);
  const drawn = animate ? withoutPauses(recording, parsed.values.maxPause * 1000) : recording;
  writeFileAtomically(
    svg,
    animate
      ? animatedSvg(framesOf(drawn), drawn.size)
      : stillSvg(linesOf(drawn, at === undefined ? undefined : at * 1000), drawn.size.columns),
  );
  return 0;
}

/** @throws {ConfigError} when the file can't be read or is no recording. */
function readRecording(path: string): Recording {
  try {
    return parseRecording(Deno.readTextFileSync(path), path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ConfigError(
      `Cannot draw a recording as its file must exist: current value is ${quote(path)}`,
    );
  }
}

/** What readers must not wonder about: this machine's directories, its name and its user. */
function ownNames(): [string, string][] {
  const { username, homedir } = userInfo();
  const names: [string, string][] = [
    [checkout, "~/ztna-fleet"],
    ...(homedir === null ? [] : [[homedir, "~"] satisfies [string, string]]),
    [`${username}@${hostname()}`, "you@laptop"],
  ];
  return names.filter(([from, to]) => from !== to && from.length > 1);
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

if (import.meta.main) await runCommand(main);
