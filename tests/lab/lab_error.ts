import { ZtnaError } from "../../tunnel/errors.ts";

/** Something of the lab does not work. The message says what to do. */
export class LabError extends ZtnaError {
  override readonly code: string = "LAB";
}

/** This machine can't have a lab: wrong system, no root, packages that are not there. */
export class LabPrerequisiteError extends LabError {
  override readonly code = "LAB_PREREQUISITE";
  override readonly exitCode = 2;
}
