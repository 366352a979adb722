import { ConfigError } from "../../../tunnel/errors.ts";
import { escapeControls, quote } from "../../../tunnel/printable.ts";
import { maxMistakes } from "./limits.ts";

/** Where something stands in an inventory. */
export interface SourcePlace {
  /** Path of the file, or the text of a list of hosts, as messages show it. */
  readonly file: string;
  /** From 1 on. */
  readonly line?: number;
}

/** `hosts.ini:12`, safe to print. */
export function placeText({ file, line }: SourcePlace): string {
  return escapeControls(line === undefined ? file : `${file}:${line}`);
}

/**
 * A mistake in an inventory.
 *
 * @param rule Continues "Cannot read PLACE as"; with what to do where that is not plain.
 * @param value What is there instead.
 */
export function mistakeAt(place: SourcePlace, rule: string, value?: string): ConfigError {
  const current = value === undefined ? "" : `: current value is ${quote(value)}`;
  return new ConfigError(`Cannot read ${placeText(place)} as ${rule}${current}`);
}

/** What to do about values that are encrypted with Ansible Vault. */
export const vaultRule = 'there is no support for Ansible Vault: decrypt it ("ansible-vault ' +
  'decrypt"), or let an executable inventory give the value';

/** Gathers the mistakes of a file, so that all are shown and not the first alone. */
export class MistakeList {
  readonly #messages: string[] = [];
  #unshown = 0;

  /** Does a part of the work; what is wrong with it is remembered. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.add(error);
    }
  }

  add(error: ConfigError): void {
    if (this.#messages.length < maxMistakes) this.#messages.push(error.message);
    else this.#unshown++;
  }

  /** @throws {ConfigError} with all mistakes, one per line, when there are any. */
  throwIfAny(): void {
    if (this.#messages.length === 0) return;
    const more = this.#unshown === 0 ? [] : [`${this.#unshown} more mistakes are not shown`];
    throw new ConfigError([...this.#messages, ...more].join("\n"));
  }
}

/** Gathers what is odd but no mistake. */
export class WarningList {
  readonly #messages: string[] = [];
  #unshown = 0;

  add(place: SourcePlace, text: string): void {
    if (this.#messages.length < maxMistakes) this.#messages.push(`${placeText(place)}: ${text}`);
    else this.#unshown++;
  }

  addAll(others: WarningList): void {
    const room = Math.max(0, maxMistakes - this.#messages.length);
    this.#messages.push(...others.#messages.slice(0, room));
    this.#unshown += others.#unshown + Math.max(0, others.#messages.length - room);
  }

  /** All of them, bounded. */
  get messages(): readonly string[] {
    if (this.#unshown === 0) return this.#messages;
    return [...this.#messages, `${this.#unshown} more warnings are not shown`];
  }
}
