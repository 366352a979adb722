/** What a scalar of YAML means: a value, or by which rule it is wrong. */
export type ScalarMeaning =
  | { readonly value: string | number | boolean | null }
  | { readonly rule: string };

const booleans: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  on: true,
  no: false,
  false: false,
  off: false,
};
/** In one of three cases: "yes", "Yes", "YES". */
const booleanWord =
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const nullWord = /^(?:~|null|Null|NULL|)$/;
const floatNumber =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const sexagesimalFloat = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/;
const specialFloat = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const integerNumber = /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)$/;
const sexagesimalInteger = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/;
const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const dateAndTime =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$/;

/**
 * What a scalar without quotes and without a tag means. Ansible reads YAML 1.1 with PyYAML:
 * `yes` and `on` are booleans, `0644` is octal, `1:30` is 90, a date is a date (here: its text in
 * ISO 8601, as `ansible-inventory` prints it), and `1e5` is a text.
 */
export function readPlainScalar(text: string): ScalarMeaning {
  if (booleanWord.test(text)) return { value: booleans[text.toLowerCase()] ?? false };
  if (nullWord.test(text)) return { value: null };
  if (specialFloat.test(text)) {
    return { rule: "a number must be finite here; put a text in quotes" };
  }
  if (floatNumber.test(text) || sexagesimalFloat.test(text)) return { value: floatValue(text) };
  if (integerNumber.test(text) || sexagesimalInteger.test(text)) {
    const value = integerValue(text);
    // Beyond a double's precision the digits would change: better a text that keeps them.
    return { value: Number.isSafeInteger(value) ? value : text };
  }
  if (date.test(text) || dateAndTime.test(text)) return dateMeaning(text);
  return { value: text };
}

/** The meaning of a scalar that has one of YAML's own tags, without `tag:yaml.org,2002:`. */
export function readTaggedScalar(tag: string, text: string): ScalarMeaning {
  if (tag === "str") return { value: text };
  const types: Readonly<Record<string, string>> = {
    int: "number",
    float: "number",
    bool: "boolean",
    null: "object",
  };
  const type = Object.hasOwn(types, tag) ? types[tag] : undefined;
  const meaning = readPlainScalar(text);
  if (type === undefined) return { rule: `there is no support for the tag !!${tag}` };
  if ("rule" in meaning || typeof meaning.value === type) return meaning;
  return { rule: `a value with the tag !!${tag} must be one` };
}

function floatValue(text: string): number {
  const digits = text.replaceAll("_", "");
  return digits.includes(":") ? sexagesimalValue(digits) : Number(digits);
}

function integerValue(text: string): number {
  const digits = text.replaceAll("_", "");
  if (digits.includes(":")) return sexagesimalValue(digits);
  const [, sign, rest = ""] = /^([-+]?)(.*)$/.exec(digits) ?? [];
  const isOctal = /^0[0-7]+$/.test(rest);
  // `Number("0x")` is no number: then it stays a text.
  const value = Number(isOctal ? `0o${rest.slice(1)}` : rest);
  return sign === "-" ? 0 - value : value;
}

function sexagesimalValue(digits: string): number {
  const [, sign, rest = ""] = /^([-+]?)(.*)$/.exec(digits) ?? [];
  const value = rest.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return sign === "-" ? -value : value;
}

/** Like Python's `isoformat()`: no zone where none is given, and microseconds only if any. */
function dateMeaning(text: string): ScalarMeaning {
  const rule = "there is no such date or time; put a text in quotes";
  if (date.test(text)) return isDate(text) ? { value: text } : { rule };
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", digits, zone] =
    dateAndTime.exec(text) ?? [];
  const two = (part: string): string => part.padStart(2, "0");
  const day8601 = `${year}-${two(month)}-${two(day)}`;
  if (!isDate(day8601) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return { rule };
  }
  const microseconds = (digits ?? "").slice(0, 6).padEnd(6, "0");
  const fraction = Number(microseconds) === 0 ? "" : `.${microseconds}`;
  const offset = zoneOffset(zone);
  if (offset === undefined) return { rule };
  return { value: `${day8601}T${two(hour)}:${minute}:${second}${fraction}${offset}` };
}

function zoneOffset(zone: string | undefined): string | undefined {
  if (zone === undefined) return "";
  if (zone === "Z") return "+00:00";
  const [, sign, hours = "", minutes = "00"] = /^([-+])([0-9]{1,2})(?::([0-9]{2}))?$/.exec(zone) ??
    [];
  const total = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || total >= 24 * 60) return undefined;
  const shown = [Math.floor(total / 60), total % 60].map((part) => String(part).padStart(2, "0"));
  return `${total === 0 ? "+" : sign}${shown.join(":")}`;
}

/** Whether the calendar has this day; Python's begins with the year 1. */
function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) &&
    !text.startsWith("0000");
}
