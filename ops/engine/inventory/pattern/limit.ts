import { ConfigError } from "../../../../tunnel/errors.ts";
import { quote } from "../../../../tunnel/printable.ts";
import { pythonLines } from "../format/python_text.ts";
import { readSourceText } from "../sources/source_text.ts";
import { splitPattern } from "./host_pattern.ts";

/**
 * The parts of a limit. `@FILE` stands for the lines of a file, each a part; empty ones and those
 * that begin with `#` are left out.
 *
 * @throws {ConfigError} when there is no part at all: Ansible takes an empty file for all hosts.
 */
export async function readLimit(limit: string): Promise<readonly string[]> {
  const parts: string[] = [];
  for (const part of splitLimit(limit)) {
    if (!part.startsWith("@")) {
      parts.push(part);
      continue;
    }
    for (const line of pythonLines(await readSourceText(part.slice(1)))) {
      const name = line.trim();
      if (name !== "" && !name.startsWith("#")) parts.push(name);
    }
  }
  if (parts.length > 0) return parts;
  throw new ConfigError(
    `Cannot limit the hosts as a limit must name at least one: current value is ${quote(limit)}`,
  );
}

/** A path may have colons, so one that stands alone is not split. */
function splitLimit(limit: string): string[] {
  return limit.startsWith("@") && !limit.includes(",") ? [limit] : splitPattern(limit);
}
