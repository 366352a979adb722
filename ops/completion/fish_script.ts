import type { CompletionCommand, CompletionFlag, ValueCompletion } from "./completion_model.ts";

/** What fish has to know of the commands, and the function `ztna`. */
export function fishData(root: string, commands: readonly CompletionCommand[]): string {
  const values = commands.flatMap(({ name, commandLine }) =>
    (commandLine?.flags ?? []).flatMap(({ flag, short, value }) =>
      value === undefined
        ? []
        : [flag, short].flatMap((form) => form === undefined ? [] : [`${name}:${form}`])
    )
  );
  return [
    `set -g __ztna_checkout ${quoted(root)}`,
    ...wrapperFunction(commands),
    "function __ztna_takes_value",
    `    contains -- "$argv[1]:$argv[2]" ${values.join(" ")}`,
    "end",
    "for program in ztna deno",
    "    complete -c $program -n '__ztna_words >/dev/null' -f",
    ...commands.flatMap(commandLines).map((line) => `    ${line}`),
    "end",
  ].join("\n");
}

function wrapperFunction(commands: readonly CompletionCommand[]): string[] {
  const cases = commands.flatMap(({ name, start }) =>
    start === undefined ? [] : [
      `        case ${name}`,
      `            ${start.slice(0, -1).join(" ")} $__ztna_checkout/${start.at(-1)} $argv[2..-1]`,
    ]
  );
  return [
    "function ztna",
    '    switch "$argv[1]"',
    ...cases,
    "        case '*'",
    "            deno task --config $__ztna_checkout/deno.json $argv",
    "    end",
    "end",
  ];
}

function commandLines({ name, summary, commandLine }: CompletionCommand): string[] {
  const complete = "complete -c $program";
  const task = `${complete} -n __ztna_wants_task -a ${name} -d ${quoted(summary)}`;
  if (commandLine === undefined) {
    return [task, `${complete} -n ${quoted(`__ztna_at ${name}`)} -F`];
  }
  const { flags, places, hasRest } = commandLine;
  return [
    task,
    ...flags.map((flag) => `${complete} -n ${quoted(`__ztna_at ${name}`)} ${flagOptions(flag)}`),
    ...places.map(({ value }, i) =>
      `${complete} -n ${quoted(`__ztna_place ${name} ${i + 1}`)} ${valueOptions(value)}`
    ),
    ...(hasRest
      ? [`${complete} -n ${quoted(`__ztna_rest ${name}`)} -a '(__ztna_rest_candidates)'`]
      : []),
  ];
}

function flagOptions({ flag, short, help, value }: CompletionFlag): string {
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${flag.slice(2)}`,
    ...(value === undefined ? [] : [`-r ${valueOptions(value)}`]),
    `-d ${quoted(help)}`,
  ].join(" ");
}

function valueOptions(value: ValueCompletion): string {
  switch (value.kind) {
    case "file":
      return "-F";
    case "directory":
      return "-f -a '(__fish_complete_directories (commandline -ct))'";
    case "hosts":
      return "-f -a '(__ztna_hosts)'";
    case "words":
      return `-f -a ${quoted(value.words.join(" "))}`;
    case "text":
      return "-f";
  }
}

/** One word of fish, which knows two escapes between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
