/**
 * Divides the gathering's output into its parts. Noise in front of the first mark and behind the
 * last is left out.
 *
 * @param names Every part that the script prints, in order, without the closing `end`.
 * @returns The parts by name, or what is wrong with the output.
 */
export function splitSections(
  output: string,
  nonce: string,
  names: readonly string[],
): ReadonlyMap<string, string> | string {
  const parts = `\n${output}`.split(`\n${nonce} `).slice(1);
  const sections = new Map<string, string>();
  for (const [index, name] of [...names, "end"].entries()) {
    const part = parts[index];
    if (part === undefined) return `it ends before its part "${name}"`;
    if (!part.startsWith(`${name}\n`)) return `its part "${name}" is not where it should be`;
    sections.set(name, part.slice(name.length + 1));
  }
  return sections;
}
