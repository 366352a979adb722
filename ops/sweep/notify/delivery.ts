/** What bounds a delivery. */
export interface DeliveryLimits {
  /** When to give up, by `performance.now()`. */
  readonly deadline: number;
  /** The run was interrupted. */
  readonly signal: AbortSignal;
}

/** A message did not arrive. It is kept. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
}
