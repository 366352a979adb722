/** What Ansible leaves out of a directory, by its default settings. */
const ignoredDirectories: readonly string[] = ["host_vars", "group_vars", "vars_plugins"];
const ignoredEndings: readonly string[] = [
  ...[".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst"],
  ...[".orig", ".ini", ".cfg", ".retry"],
];

/** Whether an entry of a directory of inventories is none itself. */
export function ignoredInDirectories(name: string): boolean {
  return name.startsWith(".") || ignoredDirectories.includes(name) ||
    ignoredEndings.some((ending) => name.endsWith(ending));
}
