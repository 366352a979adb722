import type { OptionDeclaration, OptionDeclarations, ProgramDeclaration } from "./declaration.ts";
import { configKeys } from "./declaration.ts";

/** Column of the explanations, and the width that lines are wrapped at. */
const helpColumn = 30;
const lineWidth = 96;

/** What `--help` prints, made from the declaration; without a line end. */
export function helpText(program: ProgramDeclaration<OptionDeclarations>): string {
  const options = Object.values(program.options);
  // Long flags stand below each other when some have a short one.
  const indent = options.some(({ short }) => short !== undefined) ? "    " : "";
  const lines = [program.summary, "", `Usage: ${program.name} [OPTIONS]${usage(options)}`];
  for (const [group, members] of Map.groupBy(options, ({ group }) => group ?? "Options")) {
    lines.push("", `${group}:`);
    for (const option of members) {
      const { flag, short } = option;
      const left = flag !== undefined && short === undefined ? indent : "";
      lines.push(...entry(left + syntax(option), explanation(option)));
    }
  }
  lines.push("", "General:");
  if (program.configFiles !== undefined) {
    const [first, ...others] = program.configFiles;
    const usual = first === undefined
      ? ""
      : ` (default: the first that exists of ${[first, ...others].join(", ")})`;
    lines.push(...entry(`${indent}--config FILE`, `Configuration file, JSON${usual}`));
  }
  lines.push(...entry("-h, --help", "Print this"));
  lines.push(...entry(`${indent}--version`, "Print the version"));
  return lines.join("\n");
}

/** The arguments without flags: `PATTERN [FILE [MODE]] -- COMMAND`. */
function usage(options: readonly OptionDeclaration[]): string {
  const places = options
    .filter((option) => option.positional !== undefined)
    .toSorted((a, b) => (a.positional ?? 0) - (b.positional ?? 0));
  const mandatory = places.filter((option) => option.required);
  const others = places.slice(mandatory.length);
  const rest = options.find((option) => option.type === "rest");
  const tail = rest === undefined ? "" : ` -- ${rest.placeholder}`;
  return mandatory.map((option) => ` ${label(option)}`).join("") +
    others.map((option) => ` [${label(option)}`).join("") + "]".repeat(others.length) +
    (rest?.required ? tail : tail && ` [${tail.slice(1)}]`);
}

/** The options as rows of a Markdown table: key, flag, place, value, default, meaning. */
export function optionTableRows(program: ProgramDeclaration<OptionDeclarations>): string[] {
  const code = (text: string): string => text === "" ? "" : `\`${text}\``;
  return Object.values(program.options).map((option) => {
    const keys = configKeys(option).map(code).join(", ");
    const legacy = option.legacy === undefined ? "" : `. ${option.legacy}`;
    const cells = [
      keys,
      code(flagSyntax(option)),
      String(option.positional ?? ""),
      placeholder(option),
      code(defaultText(option) ?? ""),
      option.help + legacy,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
}

/** A default as it would be written on the command line. */
function defaultText(option: OptionDeclaration): string | undefined {
  if (!("default" in option) || option.default === undefined) return undefined;
  if (option.type === "strings") return option.default.join(", ") || undefined;
  if (option.type !== "host_port") return String(option.default);
  const { hostname, port } = option.default;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function placeholder(option: OptionDeclaration): string {
  switch (option.type) {
    case "string":
    case "strings":
      return option.placeholder ?? "TEXT";
    case "boolean":
      return "true|false";
    case "integer":
    case "number":
      return option.bare === undefined
        ? option.placeholder ?? "NUMBER"
        : `[${option.placeholder ?? "NUMBER"}]`;
    case "port":
      return "PORT";
    case "choice":
      return option.choices.join("|");
    case "host_port":
      return option.defaultPort === undefined ? "HOST:PORT" : "HOST[:PORT]";
    case "count":
      return "";
    case "rest":
      return option.placeholder;
    case "objects":
      return `[{${Object.keys(option.fields).join(", ")}}, ...]`;
  }
}

function flagSyntax(option: OptionDeclaration): string {
  if (option.flag === undefined) return "";
  const short = option.short === undefined ? "" : `${option.short}, `;
  if (option.type === "boolean") {
    // Off unless something turns it on: nobody needs to be told how to leave it off.
    const isOffAlready = option.default === undefined && option.key === undefined;
    return isOffAlready ? short + option.flag : `${short}--[no-]${option.flag.slice(2)}`;
  }
  return `${short}${option.flag} ${placeholder(option)}`.trimEnd();
}

function label(option: OptionDeclaration): string {
  return option.flag?.slice(2).toUpperCase() ?? placeholder(option);
}

function syntax(option: OptionDeclaration): string {
  if (option.flag !== undefined) return flagSyntax(option);
  if (option.type === "rest") return `-- ${label(option)}`;
  return option.key === undefined ? label(option) : `"${option.key}" in the file`;
}

function explanation(option: OptionDeclaration): string {
  const notes: string[] = [];
  if (option.type === "strings" || option.type === "count") notes.push("may be repeated");
  if (option.type === "objects") notes.push(placeholder(option));
  const keys = option.flag === undefined ? [] : configKeys(option);
  if (keys.length > 0) notes.push(`key ${keys.join(", ")}`);
  const standard = defaultText(option);
  if ("bare" in option && option.bare !== undefined) notes.push(`${option.bare} if not said`);
  if (option.required) notes.push("required");
  else if (standard !== undefined) notes.push(`default: ${standard}`);
  return notes.length === 0 ? option.help : `${option.help} (${notes.join("; ")})`;
}

function entry(left: string, right: string): string[] {
  const lines = wrap(right, lineWidth - helpColumn);
  const fits = left.length + 4 <= helpColumn;
  const [first = "", ...others] = fits ? lines : ["", ...lines];
  return [
    `  ${left}`.padEnd(helpColumn) + first,
    ...others.map((line) => " ".repeat(helpColumn) + line),
  ].map((line) => line.trimEnd());
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
