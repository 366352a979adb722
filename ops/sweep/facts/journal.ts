import { shellCommand } from "../../engine/connection/quote.ts";
import { type ProgramName, programsOf, unitOf } from "../../fleet/fleet.ts";
import type { FactQuestion, FactSource } from "./fact_source.ts";

/** Errors of a program in the journal. */
export interface JournalErrors {
  /** How many there are; at least so many where there is more than is looked at. */
  readonly count: number;
  /** What the last one says: of the program itself, if it has said anything; the host's text. */
  readonly last: string;
}

/** What a host's journal has of our programs, in the time that was asked for. */
export interface JournalFacts {
  readonly errors: Readonly<Partial<Record<ProgramName, JournalErrors>>>;
  /** Whether not everything was looked at, as there is too much. */
  readonly isCut: boolean;
  /** Why the journal cannot be read, in its program's words; `null` when it can. */
  readonly failure: string | null;
}

/** Without a sweep before, errors of this time count. */
const firstPeriod = "-1h";
/** Lines and bytes of a journal that are looked at: a program that fails all the time has enough. */
const maxLines = 200;
const maxBytes = 200_000;
/** Seconds that the journal may take: it looks at some 100 000 lines in this time. */
const maxSeconds = 5;
/** Longest text of a line that is kept, in characters; the journal itself gives 4096. */
const maxTextLength = 200;
/** Of syslog's priorities, the mildest error. */
const errorPriority = 3;

/** The programs' errors in the journal, since the sweep before. */
export const journal: FactSource<JournalFacts> = {
  script(question): string {
    return `if command -v journalctl > /dev/null; then
  {
    timeout ${maxSeconds} ${shellCommand(journalCommand(question))} 2>&1
    echo "code $?"
  } | head -c ${maxBytes}
else
  echo 'code 127'
fi
`;
  },

  parse(output, { host }): JournalFacts | undefined {
    if (output === "") return undefined;
    const units = new Map(programsOf(host).map((program) => [unitOf(program), program]));
    const errors: Partial<Record<ProgramName, JournalErrors>> = {};
    const own = new Set<ProgramName>();
    let code: number | undefined;
    let failure: string | null = null;
    let entries = 0;
    // The newest line is the first.
    for (const line of output.split("\n")) {
      const ended = /^code (\d{1,3})$/.exec(line)?.[1];
      if (ended !== undefined) code = Number(ended);
      else if (line.startsWith("{")) {
        entries++;
        const entry = readEntry(line);
        const program = units.get(entry?.unit ?? "");
        if (entry === undefined || program === undefined) continue;
        const { count = 0, last = entry.text } = errors[program] ?? {};
        const isFirstOwn = entry.isOwn && !own.has(program);
        if (entry.isOwn) own.add(program);
        // systemd's "Failed to start" is newer than why, and says less.
        errors[program] = { count: count + 1, last: isFirstOwn ? entry.text : last };
      } else if (line !== "") failure ??= line.slice(0, maxTextLength);
    }
    // 1 is also what it ends with when nothing matches.
    if (code !== undefined && code > 1) failure ??= exitTexts[code] ?? `exit code ${code}`;
    return { errors, isCut: code === undefined || entries >= maxLines, failure };
  },
};

const exitTexts: Readonly<Record<number, string>> = {
  124: `journalctl has taken longer than ${maxSeconds} s`,
  127: "there is no journalctl",
};

/**
 * What our programs have written besides JSON lines that are no errors, and what systemd says of
 * them with the priority of an error. journalctl takes one pattern for all: JSON begins with a brace.
 */
function journalCommand({ host, sinceSeconds }: FactQuestion): string[] {
  const units = programsOf(host).map(unitOf);
  const since = sinceSeconds === undefined ? firstPeriod : `@${sinceSeconds}`;
  const priorities = Array.from({ length: errorPriority + 1 }, (_, index) => `PRIORITY=${index}`);
  return [
    ...["journalctl", "--quiet", "--no-pager", "--reverse", `--lines=${maxLines}`],
    ...["--output=json", "--output-fields=PRIORITY,MESSAGE,UNIT,_SYSTEMD_UNIT"],
    `--since=${since}`,
    `--grep=^[^{]|"level":"error"`,
    // Values of one field are alternatives, different fields are not; "+" begins anew.
    ...units.map((unit) => `_SYSTEMD_UNIT=${unit}`),
    "+",
    ...units.map((unit) => `UNIT=${unit}`),
    ...priorities,
  ];
}

/** Reads an entry; `undefined` when it is no error. It is a program's own, or somebody's about it. */
function readEntry(line: string): { unit: string; text: string; isOwn: boolean } | undefined {
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined; // cut off
  }
  const { MESSAGE: message, PRIORITY: priority, UNIT: subject, _SYSTEMD_UNIT: writer } = entry;
  const unit = subject ?? writer;
  const text = messageText(message);
  if (typeof unit !== "string" || !isError(text, priority)) return undefined;
  return { unit, text: forPeople(text).slice(0, maxTextLength), isOwn: subject === undefined };
}

/** What journalctl prints for what it finds too long to be read. */
const longMessage = "(a line of more than 4 KiB)";

/** A message is text, or its bytes when it has control characters, or nothing when it is long. */
function messageText(message: unknown): string {
  if (typeof message === "string") return message;
  if (!Array.isArray(message)) return longMessage;
  const bytes = message.filter((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** A program's JSON line as `event name=value …`; any other text as it is. */
function forPeople(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    const { time: _, level: __, event, ...fields } = JSON.parse(text);
    const values = Object.entries(fields).map(([name, value]) =>
      `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
    return [event, ...values].join(" ");
  } catch {
    return text;
  }
}

/**
 * A program's own errors have their level in them; what it says on its way out begins with "Cannot",
 * and what the runtime says with "error:". Other lines are no JSON either, such as those of a stack.
 */
function isError(text: string, priority: unknown): boolean {
  if (Number(priority) <= errorPriority) return true;
  return text === longMessage || /^\{.*"level":"error"|^Cannot |^error: /s.test(text);
}
