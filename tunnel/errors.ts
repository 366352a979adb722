/**
 * The root of every error that the programs and commands report.
 *
 * Callers decide by class or `code`, never by message text. A message reads
 * `Cannot <do what> as <rule>: current value is <x>`.
 */
export abstract class ZtnaError extends Error {
  /** Stable name of the kind of failure, in capitals, for logs and `--json` output. */
  abstract readonly code: string;
  /** What the process exits with when this error ends it. 1: the work failed. */
  readonly exitCode: number = 1;

  /** @param options `cause` keeps the error that led to this one. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * The command line, a configuration file, a certificate or a port is wrong, and nothing was
 * touched. The message has one line for each mistake, and each says what to do.
 */
export class ConfigError extends ZtnaError {
  override readonly code = "CONFIG";
  /** 2: wrong command line, inventory or configuration. */
  override readonly exitCode = 2;
}
