/** Bounds of what is read as an inventory; each is far beyond what a fleet needs. */

/** Largest file, or output of an executable inventory; 50,000 hosts in YAML take 3 MiB. */
export const maxSourceBytes = 4 * 1024 * 1024;
/** Most hosts of an inventory, and most that one range may stand for. */
export const maxHosts = 100_000;
/** Most groups of an inventory. */
export const maxGroups = 10_000;
/** Most values in a YAML or JSON file once its aliases are replaced: a few lines can ask for billions. */
export const maxValues = 1_000_000;
/** Deepest nesting of values, groups and directories; the readers recurse. */
export const maxDepth = 64;
/** Longest name of a host, group or variable, in UTF-16 units; the longest of the DNS. */
export const maxNameLength = 253;
/** Most mistakes of one file, and most warnings of an inventory, that are shown. */
export const maxMistakes = 20;
/** Longest text that templates may grow to, in UTF-16 units. */
export const maxTemplateLength = 64 * 1024;
/** Most of what an executable inventory writes to standard error that is kept, in bytes. */
export const maxScriptErrorBytes = 64 * 1024;
