import { type GenericSchema, type InferOutput, safeParse } from "valibot";
import { ConfigError } from "../../../tunnel/errors.ts";
import { nearestHint } from "../../../tunnel/options/nearest.ts";
import type { InventoryHost, VariableValue } from "./inventory.ts";
import { MistakeList } from "./mistakes.ts";
import { readVariable, variableMistake } from "./read_variable.ts";

/** What Ansible takes for true and false, in any case. */
const truthy: readonly string[] = ["y", "yes", "on", "1", "true", "t"];
const falsy: readonly string[] = ["n", "no", "off", "0", "false", "f"];

/**
 * Reads the variables of one host as settings of known types. Mistakes are gathered, so that all
 * can be shown: {@linkcode VariableReader.throwIfAny} ends the reading.
 *
 * Every method gives `undefined` when the variable is not set, is null (which takes a value back
 * that a group has set), or is wrong.
 */
export class VariableReader {
  readonly #host: InventoryHost;
  readonly #mistakes = new MistakeList();

  constructor(host: InventoryHost) {
    this.#host = host;
  }

  /**
   * A text.
   *
   * @param check Says what is wrong with it, as a rule ("it must be …"), or `undefined`.
   */
  string(name: string, check?: (text: string) => string | undefined): string | undefined {
    return this.#read(name, (value) => {
      if (typeof value !== "string") {
        const rule = "it must be a text; put it in quotes (in INI in two kinds of them: '\"…\"')";
        throw this.#mistake(name, rule, value);
      }
      const rule = check?.(value);
      if (rule !== undefined) throw this.#mistake(name, rule, value);
      return value;
    });
  }

  /** A whole number within bounds, both included; a text of decimal digits is one too. */
  integer(name: string, bounds: { min: number; max: number }): number | undefined {
    const { min, max } = bounds;
    return this.#read(name, (value) => {
      const isDigits = typeof value === "string" && /^-?(?:0|[1-9][0-9]*)$/.test(value);
      const number = isDigits ? Number(value) : value;
      if (Number.isSafeInteger(number) && Number(number) >= min && Number(number) <= max) {
        return Number(number);
      }
      throw this.#mistake(name, `it must be a whole number from ${min} to ${max}`, value);
    });
  }

  /** True or false, in the words that Ansible takes for them. */
  boolean(name: string): boolean | undefined {
    return this.#read(name, (value) => {
      if (typeof value !== "object") {
        const word = String(value).toLowerCase();
        if (truthy.includes(word)) return true;
        if (falsy.includes(word)) return false;
      }
      throw this.#mistake(name, "it must be true or false", value);
    });
  }

  /** A list of texts; a text alone is a list of one. */
  strings(name: string): readonly string[] | undefined {
    return this.#read(name, (value) => {
      if (typeof value === "string") return [value];
      if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
      throw this.#mistake(name, "it must be a list of texts", value);
    });
  }

  /** A value of any form, such as a list of mappings, that a schema describes. */
  structure<const S extends GenericSchema>(name: string, schema: S): InferOutput<S> | undefined {
    return this.#read(name, (value) => {
      const result = safeParse(schema, value);
      if (result.success) return result.output;
      const issues = result.issues.map(({ path, message }) => {
        const keys = path?.map(({ key }) => typeof key === "number" ? `[${key}]` : `.${key}`) ?? [];
        return `${keys.join("").replace(/^\./, "") || "it"}: ${message}`;
      });
      throw this.#mistake(
        name,
        `it has another form than it must have (${issues.join("; ")})`,
        value,
      );
    });
  }

  /** Refuses variables whose names begin as ours do, but are none of ours: they are misspelt. */
  refuseUnknown(prefix: string, known: readonly string[]): void {
    for (const name of Object.keys(this.#host.variables)) {
      if (!name.startsWith(prefix) || known.includes(name)) continue;
      const hint = nearestHint("name", name, known);
      this.#mistakes.add(this.#mistake(name, `there is no such setting: ${hint}`));
    }
  }

  /** @throws {ConfigError} with all mistakes so far, one per line, when there are any. */
  throwIfAny(): void {
    this.#mistakes.throwIfAny();
  }

  #read<T>(name: string, convert: (value: VariableValue) => T): T | undefined {
    try {
      const value = readVariable(this.#host, name);
      return value === undefined || value === null ? undefined : convert(value);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#mistakes.add(error);
      return undefined;
    }
  }

  #mistake(name: string, rule: string, value?: VariableValue): ConfigError {
    return variableMistake(this.#host, name, rule, value);
  }
}
