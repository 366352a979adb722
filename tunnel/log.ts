import { bold, cyan, dim, red, yellow } from "@std/fmt/colors";
import { type LogValue, logValue, maxFields } from "./log_value.ts";
import { escapeControls, truncate } from "./printable.ts";

/** From the most talkative to the gravest. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * What a line says beside its event. Any value is safe here, hostile ones too; `undefined` is left
 * out. Errors show their name, code and message. Names are constants in snake or camel case.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes structured lines. No method throws, whatever it is given. */
export interface Logger {
  /** @param event A constant that names what happened, such as `registration_accepted`. */
  debug(event: string, fields?: LogFields): void;
  /** Something that an operator may want to know of in normal operation. */
  info(event: string, fields?: LogFields): void;
  /** Something is wrong, and the program goes on without loss of its purpose. */
  warn(event: string, fields?: LogFields): void;
  /** The program cannot do what it is for. */
  error(event: string, fields?: LogFields): void;
  /** A logger whose every line also has these fields. */
  child(fields: LogFields): Logger;
}

/** How a logger writes. */
export interface LoggerOptions {
  /** Lines below this level are not written. */
  readonly level: LogLevel;
  /** `text` for people at a terminal, `json` (one object a line) for collectors. */
  readonly format: "text" | "json";
  /** Takes one line, without its line end. What it throws is ignored. */
  readonly write: (line: string) => void;
  /** Wall clock of the time stamps; the system's by default. */
  readonly clock?: () => Date;
  /** Colours the text format; false by default, and without effect where `NO_COLOR` is set. */
  readonly color?: boolean;
}

/** The levels in the order of their gravity. */
export const logLevels = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

/** Longest event name that is written, in characters; names are constants, so this never bites. */
const maxEventLength = 128;

/** Fields whose JSON names are taken by the line itself; a field of that name gets a prefix. */
const reserved: ReadonlySet<string> = new Set(["time", "level", "event"]);

const bareKey = /^[\w.-]{1,64}$/;
const bareText = /^[\w.:/@+,%[\]-]+$/;

type Line = {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: readonly (readonly [string, LogValue])[];
};

/** Makes a logger with an output of one's own; programs use `loggerFor`. */
export function createLogger(options: LoggerOptions): Logger {
  return new LineLogger(options, []);
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug(): void {},
  info(): void {},
  warn(): void {},
  error(): void {},
  child: () => silentLogger,
};

/** What `loggerFor` needs of standard error. */
export interface LogOutput {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

/**
 * A program's logger on standard error: coloured text on a terminal, JSON lines otherwise.
 *
 * @param options.stderr `Deno.stderr` by default.
 */
export function loggerFor(options: { level: LogLevel; stderr?: LogOutput }): Logger {
  const { level, stderr = Deno.stderr } = options;
  const terminal = stderr.isTerminal();
  const encoder = new TextEncoder();
  return createLogger({
    level,
    format: terminal ? "text" : "json",
    color: terminal,
    write(line): void {
      const bytes = encoder.encode(`${line}\n`);
      for (let start = 0; start < bytes.length;) {
        const written = stderr.writeSync(bytes.subarray(start));
        if (written <= 0) return;
        start += written;
      }
    },
  });
}

class LineLogger implements Logger {
  readonly #options: LoggerOptions;
  readonly #fields: Line["fields"];
  readonly #threshold: number;

  constructor(options: LoggerOptions, fields: Line["fields"]) {
    this.#options = options;
    this.#fields = fields;
    this.#threshold = logLevels.indexOf(options.level);
  }

  debug(event: string, fields?: LogFields): void {
    if (this.#threshold <= 0) this.#log("debug", event, fields);
  }

  info(event: string, fields?: LogFields): void {
    if (this.#threshold <= 1) this.#log("info", event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    if (this.#threshold <= 2) this.#log("warn", event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#log("error", event, fields);
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#options, this.#merged(fields));
  }

  #merged(fields: LogFields | undefined): Line["fields"] {
    const own = readFields(fields);
    if (own.length === 0) return this.#fields;
    const names = new Set(own.map(([name]) => name));
    return [...this.#fields.filter(([name]) => !names.has(name)), ...own].slice(0, maxFields);
  }

  #log(level: LogLevel, event: string, fields: LogFields | undefined): void {
    const { format, write, clock, color = false } = this.#options;
    try {
      const line = {
        level,
        event: truncate(String(event), maxEventLength),
        fields: this.#merged(fields),
      };
      const time = (clock?.() ?? new Date()).toISOString();
      write(format === "json" ? jsonLine(time, line) : textLine(time, line, color));
    } catch {
      // A full disk or a closed pipe must not end what is being logged about.
    }
  }
}

function readFields(fields: LogFields | undefined): Line["fields"] {
  if (fields === undefined || fields === null) return [];
  const read: [string, LogValue][] = [];
  try {
    for (const name of Object.keys(fields).slice(0, maxFields)) {
      const value = readField(fields, name);
      if (value !== undefined) read.push([reserved.has(name) ? `field_${name}` : name, value]);
    }
  } catch {
    read.push(["fields", "[unreadable]"]);
  }
  return read;
}

function readField(fields: LogFields, name: string): LogValue | undefined {
  try {
    return logValue(fields[name]);
  } catch {
    return "[unreadable]";
  }
}

function jsonLine(time: string, line: Line): string {
  // Entries, not assignments, so that a field called "__proto__" is one like any other.
  const record = Object.fromEntries<LogValue>([
    ["time", time],
    ["level", line.level],
    ["event", line.event],
    ...line.fields,
  ]);
  return escapeControls(JSON.stringify(record));
}

const levelColors = { debug: dim, info: cyan, warn: yellow, error: red } as const;

function textLine(time: string, line: Line, color: boolean): string {
  const plain = (text: string): string => text;
  const level = (color ? levelColors[line.level] : plain)(line.level.toUpperCase().padEnd(5));
  const parts = [
    (color ? dim : plain)(time),
    level,
    (color ? bold : plain)(escapeControls(line.event)),
  ];
  for (const [name, value] of line.fields) {
    const key = `${bareKey.test(name) ? name : textValue(truncate(name, 64))}=`;
    parts.push((color ? dim : plain)(key) + textValue(value));
  }
  return parts.join(" ");
}

function textValue(value: LogValue): string {
  if (typeof value === "string" && bareText.test(value)) return value;
  return escapeControls(JSON.stringify(value));
}
