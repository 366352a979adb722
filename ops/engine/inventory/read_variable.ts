import { dirname } from "node:path";
import { ConfigError } from "../../../tunnel/errors.ts";
import { nearestHint } from "../../../tunnel/options/nearest.ts";
import { escapeControls, quote, truncate } from "../../../tunnel/printable.ts";
import type { InventoryHost, Variables, VariableValue } from "./inventory.ts";
import { maxDepth, maxTemplateLength } from "./limits.ts";
import { vaultRule } from "./mistakes.ts";

/**
 * A variable of a host with its templates replaced: `{{ NAME }}` and `{{ NAME.MEMBER }}`, also
 * within lists and mappings, where NAME is a variable of the host or one of `inventory_hostname`,
 * `inventory_dir` and `inventory_file`. A template that is the whole text keeps the value's type.
 *
 * @returns `undefined` when the host has no such variable.
 * @throws {ConfigError} when the value needs more of Jinja than that, is encrypted, or uses itself;
 * with the variable, where it was set, and the template.
 */
export function readVariable(host: InventoryHost, name: string): VariableValue | undefined {
  if (!Object.hasOwn(host.variables, name)) return undefined;
  return new TemplateReader(host, name).read();
}

/** Most names that one value may come to use, in all its parts. */
const maxLookups = 10_000;
const template = /\{\{([^]*?)\}\}|\{[%#{]/g;
const pathExpression = /^[-\s]*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)[-\s]*$/;

class TemplateReader {
  readonly #host: InventoryHost;
  readonly #name: string;
  readonly #scope: Variables;
  /** The variables, or members of them, that are being read: the one that was asked for first. */
  readonly #path: string[];
  #lookups = 0;

  constructor(host: InventoryHost, name: string) {
    this.#host = host;
    this.#name = name;
    this.#scope = { ...host.variables, ...magicVariables(host) };
    this.#path = [name];
  }

  read(): VariableValue {
    return this.#expand(this.#host.variables[this.#name] ?? null);
  }

  #expand(value: VariableValue): VariableValue {
    if (typeof value === "string") return this.#expandText(value);
    if (isList(value)) return value.map((item) => this.#expand(item));
    if (!isMapping(value)) return value;
    if (Object.hasOwn(value, "__ansible_vault")) throw this.#refuse(vaultRule);
    const unsafe = Object.hasOwn(value, "__ansible_unsafe") ? value["__ansible_unsafe"] : undefined;
    if (unsafe !== undefined) return unsafe;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, this.#expand(member)]),
    );
  }

  #expandText(text: string): VariableValue {
    const parts: VariableValue[] = [];
    let end = 0;
    for (const found of text.matchAll(template)) {
      const path = pathExpression.exec(found[1] ?? "")?.[1];
      if (path === undefined) {
        throw this.#refuse(
          "of templates only {{ NAME }} and {{ NAME.MEMBER }} are replaced, filters and the like " +
            "are not: write the value out",
          text,
        );
      }
      if (found.index > end) parts.push(text.slice(end, found.index));
      parts.push(this.#lookUp(path, text));
      end = found.index + found[0].length;
    }
    if (end < text.length || parts.length === 0) parts.push(text.slice(end));
    const [only, ...others] = parts;
    if (only !== undefined && others.length === 0) return only;
    const joined = parts.map((part) => this.#textOf(part, text)).join("");
    if (joined.length <= maxTemplateLength) return joined;
    throw this.#refuse(`a text may grow to ${maxTemplateLength} characters by its templates`, text);
  }

  #lookUp(path: string, text: string): VariableValue {
    if (this.#path.includes(path)) {
      const loop = [...this.#path.slice(this.#path.indexOf(path)), path].join(" > ");
      throw this.#refuse(`a variable must not use itself: ${loop}`, text);
    }
    if (++this.#lookups > maxLookups || this.#path.length > maxDepth) {
      throw this.#refuse(`a value may use ${maxLookups} variables, ${maxDepth} deep`, text);
    }
    const raw = this.#rawValue(path, text);
    this.#path.push(path);
    const value = this.#expand(raw);
    this.#path.pop();
    return value;
  }

  #rawValue(path: string, text: string): VariableValue {
    const [root = "", ...members] = path.split(".");
    let value: VariableValue = this.#scope;
    for (const name of [root, ...members]) {
      const names: Variables = isMapping(value) ? value : {};
      if (!Object.hasOwn(names, name)) {
        const hint = nearestHint("name", name, Object.keys(names));
        throw this.#refuse(`there is no ${quote(name)} for {{ ${path} }}: ${hint}`, text);
      }
      value = names[name] ?? null;
    }
    return value;
  }

  /** A value within a text, as Ansible writes it. */
  #textOf(value: VariableValue, text: string): string {
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    if (typeof value === "boolean") return value ? "True" : "False";
    if (value === null) return "";
    throw this.#refuse("within a text only texts, numbers and booleans are replaced", text);
  }

  #refuse(rule: string, text?: string): ConfigError {
    // The variable that the text stands in; "a.b" stands in "a".
    const variable = (this.#path.at(-1) ?? this.#name).split(".")[0] ?? this.#name;
    const usedBy = variable === this.#name ? undefined : this.#name;
    return variableMistake(this.#host, variable, rule, text, usedBy);
  }
}

/** Whether a variable holds a secret by its name: then its value is not shown. */
export function isSecretName(name: string): boolean {
  return /pass(?:word|wd|phrase)?$|secret|token$/i.test(name);
}

/** Names that every host has besides its variables. */
function magicVariables({ name, sourceFile }: InventoryHost): Variables {
  return {
    inventory_hostname: name,
    ...(sourceFile === undefined
      ? {}
      : { inventory_file: sourceFile, inventory_dir: dirname(sourceFile) }),
  };
}

/**
 * The error about a variable of a host, with where it was set.
 *
 * @param rule Continues "as".
 * @param value What it is instead; not shown of a variable that holds a secret.
 * @param usedBy The variable that was asked for, where it is another one.
 */
export function variableMistake(
  host: InventoryHost,
  variable: string,
  rule: string,
  value?: VariableValue,
  usedBy?: string,
): ConfigError {
  const origin = host.originOf(variable);
  const asides = [
    origin === undefined ? [] : `set in ${origin}`,
    usedBy === undefined ? [] : `which ${quote(usedBy)} uses`,
  ].flat();
  const aside = asides.map((each) => `, ${each}`).join("") + (asides.length > 0 ? "," : "");
  const current = value === undefined || isSecretName(variable)
    ? ""
    : `: current value is ${showValue(value)}`;
  return new ConfigError(
    `Cannot use variable ${quote(variable)} of host ${
      quote(host.name)
    }${aside} as ${rule}${current}`,
  );
}

/** A value on one line, bounded and safe to print. */
export function showValue(value: VariableValue, maxLength = 100): string {
  if (typeof value === "string") return quote(value, maxLength);
  return escapeControls(truncate(JSON.stringify(value), maxLength));
}

function isList(value: VariableValue): value is readonly VariableValue[] {
  return Array.isArray(value);
}

function isMapping(value: VariableValue): value is Variables {
  return value !== null && typeof value === "object" && !isList(value);
}
