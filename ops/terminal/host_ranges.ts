/** A name as its last number and what stands around it. */
interface SplitName {
  readonly name: string;
  readonly prefix: string;
  /** Empty where the name has no number. */
  readonly digits: string;
  readonly suffix: string;
}

/** Fifteen digits are what a number holds exactly; those in front of them belong to the prefix. */
const lastNumber = /^(.*?)([0-9]{1,15})([^0-9]*)$/s;

/**
 * Host names in the least space: `relay[1-3,7],connector[01-20]`. Each name is there once, in the
 * order of the first of its kind; numbers keep their leading zeros.
 */
export function compressHosts(names: Iterable<string>): string {
  const all = [...new Set(names)].map(split);
  const padded = new Set(all.filter(isPadded).map((name) => keyOf(name, name.digits.length)));
  const groups = Map.groupBy(all, (name) => {
    if (name.digits === "") return keyOf(name, -1);
    // "10" goes with "09" where there is one, else with "9".
    const key = keyOf(name, name.digits.length);
    return padded.has(key) ? key : keyOf(name, 0);
  });
  return [...groups.values()].map(groupText).join(",");
}

function split(name: string): SplitName {
  const [, prefix = name, digits = "", suffix = ""] = lastNumber.exec(name) ?? [];
  return { name, prefix, digits, suffix };
}

function isPadded({ digits }: SplitName): boolean {
  return digits.length > 1 && digits.startsWith("0");
}

function keyOf({ prefix, suffix }: SplitName, width: number): string {
  return JSON.stringify([prefix, suffix, width]);
}

function groupText(members: readonly SplitName[]): string {
  const { name, prefix, suffix } = members[0]!;
  if (members.length === 1) return name;
  const sorted = members.map(({ digits }) => digits).sort((a, b) => Number(a) - Number(b));
  const ranges: string[] = [];
  for (let first = 0; first < sorted.length;) {
    let last = first;
    while (Number(sorted[last + 1]) === Number(sorted[last]) + 1) last++;
    ranges.push(last === first ? sorted[first]! : `${sorted[first]}-${sorted[last]}`);
    first = last + 1;
  }
  return `${prefix}[${ranges.join(",")}]${suffix}`;
}
