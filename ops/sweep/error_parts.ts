/**
 * A message of ours in two parts: what is wrong, and what to do. (Messages have the form `Cannot do
 * this as that must be: current value is x; do this`.)
 */
export function errorParts(error: string): { readonly value: string; readonly remedy: string } {
  const [value = "", ...advice] = error.split(/; |\n/);
  return { value: value.trim(), remedy: advice.join("; ").trim() };
}
