/**
 * A process that records sweeps, for tests of several at once, of their sudden ends and of other
 * disks. Its argument is a {@linkcode RecorderOrder} as JSON; it prints a {@linkcode RecorderLine}
 * for each sweep.
 */

import { openHistory } from "./history.ts";
import { HistoryDatabase } from "./history_database.ts";
import { findingOf, sweepOf } from "./test_sweeps.ts";

/** What a recorder is to do. */
export interface RecorderOrder {
  readonly path: string;
  /** The host of its sweeps. */
  readonly host: string;
  /** Start of its first sweep, in ms since 1970; the next ones are a second later each. */
  readonly startMs: number;
  readonly sweeps: number;
  /** Findings of each sweep, all critical. */
  readonly findings: number;
  /** Says that it is there, with a line of its own, and begins when it is told to. */
  readonly waits?: boolean;
  /** Stops in the middle of the first transaction, for ever. */
  readonly hangs?: boolean;
}

/** What a recorder says of one sweep. */
export interface RecorderLine {
  /** How many findings have changed; `null` when the history can't tell. */
  readonly changes: number | null;
  readonly warnings: readonly string[];
}

/** Such a process, from outside. */
export class Recorder implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  /** Starts it. @param prefix What runs its command line, such as `nsenter`. */
  constructor(order: RecorderOrder, prefix: readonly string[] = []) {
    const [command, ...args] = [
      ...prefix,
      ...[Deno.execPath(), "run", "-A", "--no-check", "--quiet"],
      ...[new URL(import.meta.url).pathname, JSON.stringify(order)],
    ];
    this.#process = new Deno.Command(command!, { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#lines = linesOf(this.#process.stdout);
  }

  /** Lets one begin that waits. */
  async begin(): Promise<void> {
    await this.#process.stdin.close();
  }

  /** What it says next; `undefined` at its end. */
  async next(): Promise<RecorderLine | undefined> {
    const { value } = await this.#lines.next();
    return value === undefined ? undefined : JSON.parse(value as string);
  }

  /** Everything that it says until its end. */
  async all(): Promise<RecorderLine[]> {
    const found: RecorderLine[] = [];
    for await (const line of this.#lines) found.push(JSON.parse(line));
    return found;
  }

  /** Ends it as a power cut would. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#lines.return(undefined);
    await this.#process.stdin.close().catch(() => {});
    await this.#process.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

if (import.meta.main) {
  const order = JSON.parse(Deno.args[0]!) as RecorderOrder;
  if (order.waits) {
    print({ changes: null, warnings: [] });
    Deno.stdin.readSync(new Uint8Array(1));
  }
  if (order.hangs) hang(order);
  for (let i = 0; i < order.sweeps; i++) print(record(order, order.startMs + i * 1000));
}

function record({ path, host, findings }: RecorderOrder, atMs: number): RecorderLine {
  const warnings: string[] = [];
  using history = openHistory(path, { warn: (text) => warnings.push(text) });
  history.before();
  const found = Array.from(
    { length: findings },
    (_, i) => findingOf(host, `check-${i}`, "critical", { value: `${atMs} `.repeat(10) }),
  );
  const sweep = sweepOf({ atMs, hosts: [host], findings: found });
  const changes = history.record(sweep, { isWhole: false, nowMs: atMs });
  return { changes: changes?.changes.length ?? null, warnings };
}

function hang({ path, findings }: RecorderOrder): void {
  using database = new HistoryDatabase(path);
  database.write(() => {
    for (let i = 0; i < findings; i++) {
      database.run("insert into hosts (name, swept_ms) values (?, 1)", `${i} `.repeat(100));
    }
    print({ changes: null, warnings: [] });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

function print(line: RecorderLine): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}
