import { ZtnaError } from "../tunnel/errors.ts";

/** A benchmark could not measure what it was to measure. */
export class BenchError extends ZtnaError {
  override readonly code = "BENCH";
}
