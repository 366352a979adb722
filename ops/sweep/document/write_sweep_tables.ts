/**
 * Writes the tables of `docs/sweep.md` anew, after a check, a threshold or a fix has changed:
 * `deno run -A ops/sweep/document/write_sweep_tables.ts && deno fmt docs/sweep.md`.
 */

import { checkout } from "../../checkout.ts";
import { sweepTables, withTables } from "./sweep_tables.ts";

const path = `${checkout}/docs/sweep.md`;
Deno.writeTextFileSync(path, withTables(Deno.readTextFileSync(path), sweepTables()));
