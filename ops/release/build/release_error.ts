import { ZtnaError } from "../../../tunnel/errors.ts";

/** A release could not be built. The next attempt uses what this one has fetched. */
export class ReleaseError extends ZtnaError {
  override readonly code = "RELEASE";
}
