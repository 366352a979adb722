/**
 * The file that keeps a kernel setting of ours over a restart: one for each, so that they come and
 * go independently. `60-` leaves the last word to an operator's `99-…` (sysctl.d(5)).
 */
export function sysctlFile(name: string): string {
  return `/etc/sysctl.d/60-ztna-${name}.conf`;
}

/** Where the kernel has the setting now. */
export function sysctlKernelFile(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}
