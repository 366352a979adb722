/** A kernel's release in its parts: `6.1.0-25-cloud-amd64` has the numbers 6.1.0-25. */
interface KernelRelease {
  readonly numbers: readonly number[];
  /** Which of a distribution's kernels it is: `amd64`, `cloud-amd64`, `generic`. */
  readonly flavour: string;
}

/**
 * Whether a kernel is a newer one of the same flavour, by Debian's and Ubuntu's way to name them;
 * false for all other names. One of another flavour may be there for a reason.
 */
export function isNewerKernel(release: string, running: string): boolean {
  const [one, other] = [readRelease(release), readRelease(running)];
  if (one === undefined || other === undefined || one.flavour !== other.flavour) return false;
  for (let index = 0; index < Math.max(one.numbers.length, other.numbers.length); index++) {
    const difference = (one.numbers[index] ?? 0) - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Debian's backports and later releases have a suffix in the middle: `6.12.41+deb13-amd64`. */
function readRelease(text: string): KernelRelease | undefined {
  const [, numbers, flavour] =
    /^(\d{1,9}(?:[.-]\d{1,9}){1,9})(?:\+[a-z0-9]{1,20})*-([a-z][a-z0-9-]{0,40})$/.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return { numbers: numbers.split(/[.-]/).map(Number), flavour: flavour! };
}
