/**
 * Types of the `@std` modules that the import map takes from npm's `deno-std`, which republishes
 * them without types. Delete this file when the import map points at `jsr:`.
 */

declare module "@std/cli/parse-args" {
  /** What is a string, a boolean or repeatable among the arguments, and what to do with the rest. */
  export interface ParseArgsOptions {
    string?: readonly string[];
    boolean?: readonly string[] | boolean;
    negatable?: readonly string[];
    collect?: readonly string[];
    alias?: Readonly<Record<string, string | readonly string[]>>;
    default?: Readonly<Record<string, unknown>>;
    stopEarly?: boolean;
    "--"?: boolean;
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  /** Parses command line arguments into named values and the rest (`_`). */
  export function parseArgs(
    args: readonly string[],
    options?: ParseArgsOptions,
  ): { _: (string | number)[] } & Record<string, unknown>;
}

declare module "@std/cli/prompt-secret" {
  /** Asks on the terminal for a text that is not shown; `null` where there is no terminal. */
  export function promptSecret(
    message?: string,
    options?: { mask?: string; clear?: boolean },
  ): string | null;
}

declare module "@std/text/closest-string" {
  /** The word of `possibleWords` that is nearest to `givenWord`. */
  export function closestString(
    givenWord: string,
    possibleWords: readonly string[],
    options?: { caseSensitive?: boolean; compareFn?: (a: string, b: string) => number },
  ): string;
}

declare module "@std/fmt/colors" {
  /** Turns colour off (`false`) or on for all functions of this module. */
  export function setColorEnabled(value: boolean): void;
  /** Whether the functions of this module colour. */
  export function getColorEnabled(): boolean;
  export function bold(text: string): string;
  export function dim(text: string): string;
  export function red(text: string): string;
  export function green(text: string): string;
  export function yellow(text: string): string;
  export function blue(text: string): string;
  export function cyan(text: string): string;
  export function gray(text: string): string;
  export function stripAnsiCode(text: string): string;
}

declare module "@std/assert" {
  /** The failure that the assertions throw. */
  export class AssertionError extends Error {}
  export function assert(condition: unknown, message?: string): asserts condition;
  export function assertFalse(condition: unknown, message?: string): void;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    message?: string,
  ): asserts actual is T;
  export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    message?: string,
  ): void;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertArrayIncludes<T>(
    actual: ArrayLike<T>,
    expected: ArrayLike<T>,
    message?: string,
  ): void;
  export function assertObjectMatch(
    actual: Record<PropertyKey, unknown>,
    expected: Record<PropertyKey, unknown>,
    message?: string,
  ): void;
  // deno-lint-ignore no-explicit-any -- a constructor of any arity
  type Constructor<T> = new (...args: any[]) => T;
  // deno-lint-ignore no-explicit-any -- also matches abstract classes
  type AbstractConstructor<T> = abstract new (...args: any[]) => T;
  export function assertInstanceOf<T>(
    actual: unknown,
    expected: AbstractConstructor<T>,
    message?: string,
  ): asserts actual is T;
  export function assertThrows(fn: () => unknown, message?: string): unknown;
  export function assertThrows<E extends Error>(
    fn: () => unknown,
    ErrorClass: AbstractConstructor<E> | Constructor<E>,
    messageIncludes?: string,
    message?: string,
  ): E;
  export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
  export function assertRejects<E extends Error>(
    fn: () => PromiseLike<unknown>,
    ErrorClass: AbstractConstructor<E> | Constructor<E>,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
  export function fail(message?: string): never;
  export function unreachable(reason?: string): never;
}

declare module "@std/encoding/hex" {
  /** Lower-case hexadecimal text of bytes. */
  export function encodeHex(source: Uint8Array | ArrayBuffer | string): string;
  /** The bytes of a hexadecimal text; throws a `TypeError` when it is none. */
  export function decodeHex(source: string): Uint8Array<ArrayBuffer>;
}
