import { ZtnaError } from "../../tunnel/errors.ts";

/** The deployment did not become what it should be. The next run continues from where it is. */
export class DeploymentError extends ZtnaError {
  override readonly code = "DEPLOYMENT";
}
