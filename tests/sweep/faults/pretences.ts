import type { Fault } from "../fault.ts";

type Steps = Pick<Fault, "breaks" | "mends">;

/**
 * Puts another program in front of one of the host's: what a lab's hosts share with the machine
 * (its clock) can't be changed.
 *
 * @param script POSIX shell; it may run `/usr/bin/PROGRAM`.
 */
export function shadow(host: string, program: string, script: string): Steps {
  const path = `/usr/local/sbin/${program}`;
  return {
    breaks: (lab) =>
      lab.sh(host, `cat >${path} <<'end'\n#!/bin/sh\n${script}\nend\nchmod 755 ${path}`),
    mends: (lab) => lab.sh(host, `rm -f ${path}`),
  };
}

/**
 * Has one of the kernel's files show something else, on one host: what a lab's hosts share with the
 * machine (memory, load) can't be changed.
 *
 * @param filter Shell: makes it of what the kernel says.
 */
export function showsInstead(host: string, file: string, filter: string): Steps {
  const other = `/run/instead-of${file.replaceAll("/", "-")}`;
  return {
    breaks: (lab) =>
      lab.sh(host, `${filter} < ${file} > ${other} && mount --bind ${other} ${file}`),
    mends: (lab) => lab.sh(host, `umount ${file}; rm ${other}`),
  };
}
