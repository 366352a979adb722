import { DeploymentError } from "./deployment_error.ts";

/** The programs that the supervisor starts, and itself, relative to the checkout. */
const entryPoints = [
  "relay/main.ts",
  "connector/main.ts",
  "ops/local/supervisor/main.ts",
  "ops/local/application.ts",
];

/**
 * Fetches what the programs import into Deno's cache, since they are started with `--cached-only`.
 * What Deno downloads shows on standard error.
 *
 * @throws {DeploymentError} when that fails.
 */
export async function fetchDependencies(
  where: { readonly checkout: string; readonly deno: string },
  signal: AbortSignal,
): Promise<void> {
  const { success, code } = await new Deno.Command(where.deno, {
    args: ["cache", "--quiet", `--config=${where.checkout}/deno.json`, ...entryPoints],
    cwd: where.checkout,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
    signal,
  }).output();
  signal.throwIfAborted();
  if (success) return;
  throw new DeploymentError(
    `Cannot fetch what the programs import as "deno cache" must succeed: exit code ${code}; is ` +
      `the npm registry reachable from here?`,
  );
}
