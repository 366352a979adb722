/** Every bound of resources and plans, with its reason. */

/** Bytes of one file resource: what is larger is a release, and is uploaded as one. */
export const maxFileBytes = 8 * 1024 * 1024;

/** Bytes of a current file's contents that `--diff` fetches: beyond it nobody reads the diff. */
export const maxDiffBytes = 128 * 1024;

/** Edits of a diff: beyond it the texts have nothing in common, and comparing takes their square. */
export const maxDiffEdits = 1000;

/** UTF-16 units of a diff that is shown. */
export const maxDiffLength = 256 * 1024;

/** Bytes of a path: PATH_MAX of Linux is 4096, and temporary files get longer names. */
export const maxPathBytes = 4000;

/** Bytes of a script of a command or handler: Linux takes 128 KiB in one argument, quoted twice. */
export const maxScriptBytes = 32 * 1024;

/** Bytes of the end of a failed change's output that are kept. */
export const maxFailureBytes = 4096;

/** Bytes of each stream of the gathering that are kept: facts have some KB, 40 diffs at most this. */
export const maxGatherBytes = 8 * 1024 * 1024;
