/** The file that takes the space; nothing else knows of it. */
const filler = "/.lab-filler";

/**
 * Script that fills a host's disk, for root too, but for about `leaveBytes`.
 *
 * The space is reserved without writing it, so that the disk's file on the machine stays small. What
 * the file system needs to note that is not known beforehand, so the rest is written.
 */
export function fillDiskScript(leaveBytes: number): string {
  return `set -eu
available() { echo $(($(stat -f -c '%a * %S' /) - ${leaveBytes})); }
margin=$((32 * 1024 * 1024))
size=$(available)
if [ $size -gt $margin ]; then fallocate -l $((size - margin)) ${filler}; fi
size=$(available)
if [ $size -gt 0 ]; then
  # Ends early when the disk is full, which is what it is for.
  dd if=/dev/zero of=${filler} bs=4096 count=$((size / 4096)) oflag=append conv=notrunc,fsync || :
fi
`;
}

/** Script that gives the space back. */
export const freeDiskScript = `rm -f ${filler}`;
