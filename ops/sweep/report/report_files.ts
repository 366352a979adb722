import { basename, dirname } from "node:path";
import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import { writeFileAtomically } from "../../atomic_file.ts";
import type { ReportedSweep } from "./reported_sweep.ts";

/** Where reports go besides the terminal, as the command line says it: a file each, or `-`. */
export interface ReportDestinations {
  readonly junit?: string | undefined;
  readonly html?: string | undefined;
  readonly prom?: string | undefined;
}

/** One of the forms of a report. */
interface ReportForm {
  readonly flag: keyof ReportDestinations;
  /** What messages call it. */
  readonly title: string;
  /** Loads what writes it, when it is wanted: a sweep every five minutes starts fast. */
  readonly load: () => Promise<(reported: ReportedSweep) => string>;
}

const forms: readonly ReportForm[] = [
  {
    flag: "junit",
    title: "JUnit report",
    load: async () => (await import("./junit.ts")).junitText,
  },
  {
    flag: "html",
    title: "HTML report",
    load: async () => (await import("./page/sweep_page.ts")).sweepPage,
  },
  {
    flag: "prom",
    title: "file for Prometheus",
    load: async () => (await import("./prometheus_text.ts")).prometheusText,
  },
];

/** What stands for standard output. */
const standardOutput = "-";

/** Everybody may read them: a node exporter runs as a user of its own. */
const fileMode = 0o644;

/** What else the command line asks for. */
export interface ReportFilesOptions {
  /** Whether the result is JSON on standard output. */
  readonly json: boolean;
  /** Whether there is one sweep after the other. */
  readonly watch: boolean;
}

/** The reports that somebody wants besides the one for people. */
export class ReportFiles {
  readonly #destinations: ReportDestinations;

  /**
   * Looks whether all can be written, before a fleet is asked.
   *
   * @throws {ConfigError} with one line for each that can't.
   */
  constructor(destinations: ReportDestinations, { json, watch }: ReportFilesOptions) {
    this.#destinations = destinations;
    const toOutput = forms.filter(({ flag }) => destinations[flag] === standardOutput);
    const mistakes: string[] = [];
    if (toOutput.length + Number(json) > 1) {
      const flags = [...toOutput.map(({ flag }) => `"--${flag} -"`), ...json ? ['"--json"'] : []];
      mistakes.push(
        `Cannot write to standard output as only one report has room there: current value is ` +
          `${flags.join(" and ")}, give the others a file`,
      );
    }
    if (watch) {
      mistakes.push(
        ...toOutput.map(({ flag }) =>
          `Cannot use "--${flag} -" as "--watch" writes there again and again: give it a file`
        ),
      );
    }
    mistakes.push(...this.#files.flatMap(({ title, path }) => whyNotWritable(title, path) ?? []));
    const paths = this.#files.map(({ path }) => path);
    const twice = paths.find((path, i) => paths.indexOf(path) !== i);
    if (twice !== undefined) {
      mistakes.push(
        `Cannot write reports as each must have a file of its own: current value is ` +
          `${quote(twice)} for several`,
      );
    }
    if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  }

  /** Whether one of them takes the place of the report for people. */
  get hasStandardOutput(): boolean {
    return forms.some(({ flag }) => this.#destinations[flag] === standardOutput);
  }

  /**
   * Writes all of them.
   *
   * @param output Takes what goes to standard output.
   * @returns what is wrong, when the disk has filled up since.
   */
  async write(reported: ReportedSweep, output: (text: string) => void): Promise<string[]> {
    const mistakes: string[] = [];
    for (const { flag, title, load } of forms) {
      const path = this.#destinations[flag];
      if (path === undefined) continue;
      const text = (await load())(reported);
      if (path === standardOutput) {
        output(text);
        continue;
      }
      try {
        writeFileAtomically(path, text, fileMode);
      } catch (error) {
        mistakes.push(refusal(title, path, error));
      }
    }
    return mistakes;
  }

  get #files(): { readonly title: string; readonly path: string }[] {
    return forms.flatMap(({ flag, title }) => {
      const path = this.#destinations[flag];
      return path === undefined || path === standardOutput ? [] : [{ title, path }];
    });
  }
}

/** What is wrong with a path; writes a file there and takes it away again. */
function whyNotWritable(title: string, path: string): string | undefined {
  const probe = `${dirname(path)}/.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    if (!isFileOrNothing(path)) throw new Error("it is no file");
    Deno.openSync(probe, { createNew: true, write: true }).close();
    Deno.removeSync(probe);
    return undefined;
  } catch (error) {
    return refusal(title, path, error);
  }
}

/** A directory can't be replaced by a file; a device could, and must not be. */
function isFileOrNothing(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return true;
  }
}

function refusal(title: string, path: string, error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error))
    // Of the path that the system says, a part is ours.
    .replace(/: (?:open|rename|writefile|remove) .*$/s, "");
  return `Cannot write the ${title} as its file must be writable: current value is ` +
    `${quote(path)} (${reason})`;
}
