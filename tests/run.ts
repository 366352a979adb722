// deno-lint-ignore-file no-console -- a command: what it prints is its result
/**
 * Runs the test files, each in a process of its own: `deno task test [PATH…] [-- FLAG…]`.
 *
 * In one process `deno test` gives every file an isolate, and the native QUIC library does not
 * survive a second one: the process ends with a segmentation fault, or a panic about a handle of a
 * disposed isolate, sooner or later.
 */
import { stripAnsiCode } from "@std/fmt/colors";

const root = new URL("../", import.meta.url).pathname;

interface Outcome {
  readonly file: string;
  readonly code: number;
  readonly output: string;
  readonly passed: number;
  readonly passedSteps: number;
  readonly failed: number;
  readonly failedSteps: number;
}

function* testFiles(path: string): Generator<string> {
  if (!Deno.statSync(path).isDirectory) return yield path;
  for (const entry of Deno.readDirSync(path)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const child = `${path.replace(/\/$/, "")}/${entry.name}`;
    if (entry.isDirectory) yield* testFiles(child);
    else if (entry.name.endsWith("_test.ts")) yield child;
  }
}

/** Parts of paths: hosts that boot, a minute of load, then programs that start. */
const longestFirst = [
  ...["tests/fleet/", "tests/lab/", "tests/monitoring/"],
  ...["deploy/systemd/", "tests/e2e/"],
];

const summaryPattern =
  /^(?:ok|FAILED) \| (\d+) passed(?: \((\d+) steps?\))? \| (\d+) failed(?: \((\d+) steps?\))?/m;

async function run(file: string, flags: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...flags, file],
    cwd: root,
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const counts = summaryPattern.exec(stripAnsiCode(output))?.slice(1).map((text) => +(text ?? 0));
  const [passed = 0, passedSteps = 0, failed = 0, failedSteps = 0] = counts ?? [];
  // A file that ends without a summary has crashed, which is a failure of its own.
  const lost = code !== 0 && failed === 0 ? 1 : 0;
  return { file, code, output, passed, passedSteps, failed: failed + lost, failedSteps };
}

async function main(args: readonly string[]): Promise<number> {
  const separator = args.indexOf("--");
  const paths = separator < 0 ? args : args.slice(0, separator);
  const flags = separator < 0 ? [] : args.slice(separator + 1);
  const startMs = performance.now();
  const files = (paths.length === 0 ? [root] : paths).flatMap((path) => [...testFiles(path)]);
  // What takes longest begins first: last started, it would be waited for alone.
  const rank = (file: string): number => {
    const index = longestFirst.findIndex((part) => file.includes(part));
    return index < 0 ? longestFirst.length : index;
  };
  files.sort((a, b) => rank(a) - rank(b));
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < files.length) {
      const outcome = await run(files[next++]!, flags);
      outcomes.push(outcome);
      const name = outcome.file.replace(root, "");
      const steps = outcome.passedSteps + outcome.failedSteps;
      console.log(`${outcome.code === 0 ? "ok    " : "FAILED"} ${name} (${steps} steps)`);
      if (outcome.code !== 0) console.log(outcome.output);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, navigator.hardwareConcurrency) }, work));
  const sum = (read: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + read(outcome), 0);
  const failures = outcomes.filter(({ code }) => code !== 0);
  for (const { file } of failures) console.log(`FAILED ${file.replace(root, "")}`);
  console.log(
    `\n${failures.length === 0 ? "ok" : "FAILED"} | ` +
      `${sum(({ passed }) => passed)} passed (${sum(({ passedSteps }) => passedSteps)} steps) | ` +
      `${sum(({ failed }) => failed)} failed (${sum(({ failedSteps }) => failedSteps)} steps) ` +
      `(${Math.round((performance.now() - startMs) / 1000)}s)`,
  );
  return failures.length === 0 && outcomes.length > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
