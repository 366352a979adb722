/**
 * A shell glob as a regular expression that must match all of a text, by the rules of Python's
 * `fnmatch`: `*`, `?`, `[seq]`, `[!seq]`; case counts, and nothing is an escape.
 */
export function globPattern(glob: string): RegExp {
  let source = "";
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at]!;
    if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else if (character === "[") {
      // A bracket that directly follows belongs to the set; without an end it is no set.
      const first = glob[at + 1] === "!" ? at + 2 : at + 1;
      const end = glob.indexOf("]", first + 1);
      if (end === -1) source += "\\[";
      else {
        source += setPattern(glob.slice(first, end), first === at + 2);
        at = end;
      }
    } else source += escaped(character);
  }
  // Without "u", so that halves of surrogate pairs in a set can't make it invalid.
  return new RegExp(`^(?:${source})$`, "s");
}

function setPattern(members: string, negated: boolean): string {
  let set = "";
  for (let at = 0; at < members.length; at++) {
    const last = members[at + 2];
    if (members[at + 1] === "-" && last !== undefined) {
      // A range that runs backwards matches nothing.
      if (members[at]! <= last) set += `${escaped(members[at]!)}-${escaped(last)}`;
      at += 2;
    } else set += escaped(members[at]!);
  }
  // In JavaScript, `[]` matches nothing and `[^]` everything.
  return negated ? `[^${set}]` : `[${set}]`;
}

function escaped(character: string): string {
  return /[\w]/.test(character)
    ? character
    : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
