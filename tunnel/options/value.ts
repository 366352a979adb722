import { quote } from "../printable.ts";
import type { HostPort, ScalarOption } from "./declaration.ts";
import type { JsonNode } from "./json.ts";

/** A value of a scalar option. */
export type Scalar = string | number | boolean | HostPort;

/** A value was read, or a rule says what it must be ("it must be ..."). */
export type ReadResult<T> = { readonly value: T } | { readonly rule: string };

/** Longest text of an option; the longest path that Linux takes. */
const maxTextLength = 4096;
const decimalInteger = /^-?(0|[1-9][0-9]*)$/;
const decimalNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/** Reads what follows a flag, or an argument without one. */
export function readText(option: ScalarOption, text: string): ReadResult<Scalar> {
  switch (option.type) {
    case "string":
      return checkText(option, text);
    case "choice":
      return option.choices.includes(text) ? { value: text } : { rule: expectation(option) };
    case "boolean":
      return text === "true" || text === "false"
        ? { value: text === "true" }
        : { rule: expectation(option) };
    case "host_port":
      return readHostPort(option, text);
    default: {
      const notation = option.type === "number" ? decimalNumber : decimalInteger;
      return notation.test(text)
        ? checkNumber(option, Number(text))
        : { rule: expectation(option) };
    }
  }
}

/** Reads a value of a configuration file. */
export function readNode(option: ScalarOption, node: JsonNode): ReadResult<Scalar> {
  switch (option.type) {
    case "boolean":
      return node.kind === "boolean" ? { value: node.value } : { rule: expectation(option) };
    case "string":
    case "choice":
    case "host_port":
      return node.kind === "string" ? readText(option, node.value) : { rule: expectation(option) };
    default:
      return node.kind === "number"
        ? checkNumber(option, node.value)
        : { rule: expectation(option) };
  }
}

/** What a value of the option must be. */
export function expectation(option: ScalarOption): string {
  switch (option.type) {
    case "string":
      return `it must be a text of 1 to ${maxTextLength} characters`;
    case "boolean":
      return "it must be true or false";
    case "choice":
      return `it must be one of ${option.choices.map((choice) => `"${choice}"`).join(", ")}`;
    case "host_port":
      return option.defaultPort === undefined
        ? "it must be HOST:PORT or [IPv6]:PORT with a port from 1 to 65535"
        : "it must be HOST, HOST:PORT or [IPv6]:PORT with a port from 1 to 65535";
    default: {
      const { min, max } = range(option);
      const kind = option.type === "number" ? "a decimal number" : "a whole decimal number";
      return max === Number.MAX_SAFE_INTEGER
        ? `it must be ${kind} from ${min} up`
        : `it must be ${kind} from ${min} to ${max}`;
    }
  }
}

/** How messages show a value of a configuration file, its type included. */
export function describeNode(node: JsonNode): string {
  switch (node.kind) {
    case "string":
      return `the string ${quote(node.value)}`;
    case "number":
      return `the number ${node.value}`;
    case "boolean":
      return String(node.value);
    case "array":
      return `an array of ${node.items.length}`;
    case "object":
      return "an object";
    case "null":
      return "null";
  }
}

/** Checks a text's length and the option's own rule. */
export function checkText(
  option: { readonly check?: (value: string) => string | undefined },
  text: string,
): ReadResult<string> {
  if (text.length === 0 || text.length > maxTextLength || text.includes("\0")) {
    return { rule: `it must be a text of 1 to ${maxTextLength} characters` };
  }
  const rule = option.check?.(text);
  return rule === undefined ? { value: text } : { rule };
}

type Ranged = Extract<ScalarOption, { type: "integer" | "number" | "port" }>;

function range(option: Ranged): { min: number; max: number } {
  if (option.type === "port") return { min: 0, max: 65_535 };
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = option;
  return { min, max };
}

function checkNumber(option: Ranged, value: number): ReadResult<number> {
  const { min, max } = range(option);
  const valid = value >= min && value <= max &&
    (option.type === "number" || Number.isSafeInteger(value));
  // Minus zero would otherwise be shown as "0" and compare unlike it in tests.
  return valid ? { value: value + 0 } : { rule: expectation(option) };
}

/** The parts of a host and port that have a key each in the file. */
export const hostPortParts = {
  hostname: {
    type: "string",
    help: "",
    check: (text: string): string | undefined =>
      hostnameRule.test(text) ? undefined : "it must be a host name, an IPv4 or an IPv6 address",
  },
  port: { type: "integer", help: "", min: 1, max: 65_535 },
} as const satisfies Record<string, ScalarOption>;

const hostnameRule =
  /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,16})?)$/;
const bracketed = /^\[([0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,16})?)\](?::(\d{1,5}))?$/;
const plain = /^([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}))(?::(\d{1,5}))?$/;

function readHostPort(
  option: Extract<ScalarOption, { type: "host_port" }>,
  text: string,
): ReadResult<HostPort> {
  const [, hostname, portText] = bracketed.exec(text) ?? plain.exec(text) ?? [];
  const port = portText === undefined
    ? option.defaultPort
    : decimalInteger.test(portText)
    ? Number(portText)
    : 0;
  if (hostname === undefined || port === undefined || port < 1 || port > 65_535) {
    return { rule: expectation(option) };
  }
  return { value: { hostname, port } };
}
