/** The directory of the checkout that this command belongs to, without a slash at its end. */
export const checkout: string = import.meta.dirname!.slice(0, -"/ops".length);

/** The version in a checkout's `deno.json`; `0.0.0` where there is none. */
export function checkoutVersion(root: string): string {
  try {
    const { version } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as {
      version?: unknown;
    };
    return typeof version === "string" ? version : "0.0.0";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "0.0.0";
    throw error;
  }
}
