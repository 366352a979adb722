import type { UnreachableError } from "../errors.ts";

/** What a connection does, for `-v`. Secrets are in none of it. */
export type ConnectionEvent =
  /** A process is started. */
  | { readonly type: "process"; readonly host: string; readonly argv: readonly string[] }
  /** A script is sent. */
  | {
    readonly type: "script";
    readonly host: string;
    /** What it is. */
    readonly what: string;
    readonly script: string;
    /** Length of its standard input, in bytes. */
    readonly inputLength: number;
  }
  /** An attempt to connect has failed; another follows. */
  | {
    readonly type: "retry";
    readonly host: string;
    /** The attempt that has failed, from 1. */
    readonly attempt: number;
    readonly error: UnreachableError;
  };
