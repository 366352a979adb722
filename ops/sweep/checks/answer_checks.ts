import type { CheckDeclaration } from "../check.ts";

/** Whether a host can be asked at all; every host has exactly one such finding. */
export const reachable: CheckDeclaration = {
  id: "reachable",
  looksAt: "Whether the host lets this machine in, and answers in time",
};

/** Whether a host's answer can be read. */
export const answer: CheckDeclaration = {
  id: "answer",
  looksAt: "Whether every part of the host's answer is what was asked for",
};

/** Whether our own checks work. */
export const internal: CheckDeclaration = {
  id: "internal",
  looksAt: "Whether a check itself has failed, which is a fault of ours",
};

/** The checks that need no code of their own: asking a host, and working at all. */
export const answerChecks: readonly CheckDeclaration[] = [reachable, answer, internal];
