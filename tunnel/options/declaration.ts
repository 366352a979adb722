/** A host and a port, as `host:port` or `[IPv6]:port` on the command line. */
export interface HostPort {
  readonly hostname: string;
  readonly port: number;
}

/** What every kind of option says about itself. */
interface OptionBase {
  /** One sentence for `--help`, from a capital on, without a full stop at the end. */
  readonly help: string;
  /** Heading under which `--help` lists it; `Options` by default. */
  readonly group?: string;
  /** Key in the configuration file, with dots between the levels: `p2p.port`. */
  readonly key?: string;
  /** Flag with its dashes: `--metrics-port`. */
  readonly flag?: `--${string}`;
  /** One letter that stands for the flag, with its dash: `-i`. */
  readonly short?: `-${string}`;
  /** Place among the arguments without a flag, from 1 on; only scalars have one. */
  readonly positional?: number;
  /** Must be given; then it has no default. */
  readonly required?: true;
  /** How the reference system treats it differently, for the documentation. */
  readonly legacy?: string;
}

/** A text of 1 to 4,096 characters. */
export interface TextOption extends OptionBase {
  readonly type: "string";
  /**
   * What `--help` calls the value; `TEXT` by default. Shells complete files for `FILE`, directories
   * for `DIR`, and hosts and groups of the inventory for `PATTERN`.
   */
  readonly placeholder?: string;
  readonly default?: string;
  /** Says what is wrong, as a rule ("it must be an IPv4 address"), or `undefined`. */
  readonly check?: (value: string) => string | undefined;
}

/** On or off: `--flag`, `--no-flag`, `--flag=true`. */
export interface BooleanOption extends OptionBase {
  readonly type: "boolean";
  readonly default?: boolean;
}

/** A number in strict decimal notation. */
export interface NumberOption extends OptionBase {
  readonly type: "integer" | "number";
  /** Smallest value; 0 by default. */
  readonly min?: number;
  /** Largest value; `Number.MAX_SAFE_INTEGER` by default. */
  readonly max?: number;
  readonly placeholder?: string;
  readonly default?: number;
  /** What the flag stands for when no value follows it; then its value is not required. */
  readonly bare?: number;
}

/** A port from 0 to 65535. */
export interface PortOption extends OptionBase {
  readonly type: "port";
  readonly default?: number;
}

/** One of a few words. */
export interface ChoiceOption extends OptionBase {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default?: string;
}

/** A host and a port from 1 to 65535; in the file, each has its own key. */
export interface HostPortOption extends Omit<OptionBase, "key"> {
  readonly type: "host_port";
  /** Keys of both parts in the file; a part that it leaves out comes from the default. */
  readonly keys?: { readonly hostname: string; readonly port: string };
  /** Key of a text `host:port` in the file. */
  readonly key?: string;
  /** Port of a value that names none. */
  readonly defaultPort?: number;
  readonly default?: HostPort;
}

/** Options that one text can express. */
export type ScalarOption =
  | TextOption
  | BooleanOption
  | NumberOption
  | PortOption
  | ChoiceOption
  | HostPortOption;

/** Texts, in the file as an array, on the command line by giving the flag several times. */
export interface TextListOption extends OptionBase {
  readonly type: "strings";
  readonly placeholder?: string;
  readonly default?: readonly string[];
  readonly check?: (value: string) => string | undefined;
}

/** How many times a flag is given: `-v`, `-vv`, `--verbose --verbose`; 0 by default. */
export interface CountOption extends OptionBase {
  readonly type: "count";
  readonly flag: `--${string}`;
  readonly key?: never;
  readonly positional?: never;
  readonly required?: never;
}

/** Everything that follows `--`, as it is. A program has one at most. */
export interface RestOption extends OptionBase {
  readonly type: "rest";
  /** What `--help` calls it: `COMMAND`. */
  readonly placeholder: string;
  readonly key?: never;
  readonly flag?: never;
  readonly short?: never;
  readonly positional?: never;
}

/** One member of the objects of a list: found by its name, so without key, flag and place. */
export type FieldOption = ScalarOption & {
  readonly key?: never;
  readonly keys?: never;
  readonly flag?: never;
  readonly short?: never;
  readonly positional?: never;
};

/** A list of objects, in the file only: `services[].id`. */
export interface ObjectListOption extends OptionBase {
  readonly type: "objects";
  readonly key: string;
  readonly flag?: never;
  readonly short?: never;
  readonly positional?: never;
  readonly fields: Readonly<Record<string, FieldOption>>;
}

/** Options that a configuration file can have. */
export type KeyedOption = ScalarOption | TextListOption | ObjectListOption;

/** One option as data. */
export type OptionDeclaration = KeyedOption | CountOption | RestOption;

/** Options by the names that code uses for them. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

type ScalarValue<O> = O extends { readonly type: "boolean" } ? boolean
  : O extends { readonly type: "integer" | "number" | "port" } ? number
  : O extends { readonly type: "choice"; readonly choices: readonly (infer C)[] } ? C
  : O extends { readonly type: "host_port" } ? HostPort
  : string;

type MaybeAbsent<O, V> = O extends { readonly default: unknown } | { readonly required: true } ? V
  : V | undefined;

/** The value that code gets for an option. */
export type OptionValue<O> = O extends { readonly type: "strings" | "rest" } ? readonly string[]
  : O extends { readonly type: "count" } ? number
  : O extends { readonly type: "objects"; readonly fields: infer F }
    ? readonly { readonly [K in keyof F]: MaybeAbsent<F[K], ScalarValue<F[K]>> }[]
  : MaybeAbsent<O, ScalarValue<O>>;

/** All values of a program's options. */
export type OptionValues<D extends OptionDeclarations> = {
  readonly [K in keyof D]: OptionValue<D[K]>;
};

/** A program as its command line shows it. */
export interface ProgramDeclaration<D extends OptionDeclarations> {
  /** How it is started, such as `deno task relay`. */
  readonly name: string;
  /** One sentence on what it does. */
  readonly summary: string;
  readonly version: string;
  readonly options: D;
  /** Configuration files to look for, the first that exists counts; none: no `--config` flag. */
  readonly configFiles?: readonly string[];
}

/** Flags that every program has, `--config` only with configuration files. */
export const builtinFlags = ["--help", "--version", "--config"] as const;

/** The letter that stands for `--help`. */
export const helpShort = "-h";

const flagRule = /^--(?!no-)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const shortRule = /^-[A-Za-z]$/;
const keyRule = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;

/**
 * Checks a program's declaration and gives it back with its exact type.
 *
 * @throws TypeError when names clash or break a rule, or a positional place is missing.
 */
export function defineProgram<const D extends OptionDeclarations>(
  program: ProgramDeclaration<D>,
): ProgramDeclaration<D> {
  const flags = new Set<string>([...builtinFlags, helpShort]);
  const keys = new Set<string>();
  const positionals: number[] = [];
  let rest: string | undefined;
  for (const [name, option] of Object.entries(program.options)) {
    const { flag, short } = option;
    if (flag !== undefined && !flagRule.test(flag)) refuse(name, "a flag is kebab case", flag);
    if (short !== undefined) {
      if (!shortRule.test(short)) refuse(name, "a short flag is one letter", short);
      if (flag === undefined) refuse(name, "a short flag stands for a long one", short);
    }
    for (const given of [flag, short]) {
      if (given === undefined) continue;
      if (flags.has(given)) refuse(name, "another option has its flag", given);
      flags.add(given);
    }
    if (option.type === "rest") {
      if (rest !== undefined) refuse(name, "only one option takes the rest", rest);
      rest = name;
    }
    for (const key of configKeys(option)) {
      if (!keyRule.test(key)) refuse(name, "a key is snake case with dots", key);
      if ([...keys].some((other) => overlaps(key, other))) {
        refuse(name, "another option has its key", key);
      }
      keys.add(key);
    }
    if (option.positional !== undefined) positionals.push(option.positional);
    if (option.required && "default" in option) refuse(name, "it is required", "a default");
  }
  const required = Object.values(program.options).filter((option) => option.required);
  const mandatory = required.flatMap(({ positional }) => positional ?? []);
  if (mandatory.some((place) => place > mandatory.length)) {
    refuse("positional", "required places come first", mandatory.join(", "));
  }
  if (positionals.toSorted((a, b) => a - b).some((place, i) => place !== i + 1)) {
    refuse("positional", "places count from 1 without gaps", positionals.join(", "));
  }
  return program;
}

/** The keys of the configuration file that an option takes. */
export function configKeys(option: OptionDeclaration): readonly string[] {
  const keys = option.key === undefined ? [] : [option.key];
  if (option.type !== "host_port" || option.keys === undefined) return keys;
  return [...keys, option.keys.hostname, option.keys.port];
}

function overlaps(key: string, other: string): boolean {
  return `${key}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${key}.`);
}

function refuse(name: string, rule: string, value: string): never {
  throw new TypeError(`Cannot declare option "${name}" as ${rule}: current value is "${value}"`);
}
