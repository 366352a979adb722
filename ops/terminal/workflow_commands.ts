/** Where in a workflow's log an annotation belongs. */
export interface Annotation {
  readonly kind: "error" | "warning";
  /** Shown in front of the text. */
  readonly title: string;
  readonly text: string;
}

/** A line that GitHub Actions shows as an annotation of the run. */
export function annotationLine({ kind, title, text }: Annotation): string {
  const property = escapeData(title).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::${kind} title=${property}::${escapeData(text)}`;
}

/** A line that begins a part of the log which can be folded. */
export function groupLine(title: string): string {
  return `::group::${escapeData(title)}`;
}

/** The line that ends it. */
export const endGroupLine = "::endgroup::";

/** Whether this process writes to a workflow's log. */
export function isWorkflow(environment: { get(name: string): string | undefined }): boolean {
  return environment.get("GITHUB_ACTIONS") === "true";
}

/**
 * Lines that GitHub Actions shows as they are: it takes those for commands that begin with `::` or
 * `##[`, with spaces in front or without, and a host may write such lines.
 */
export function withoutCommands(text: string): string {
  return text.replace(
    /^([^\S\n]*)(:(?=:)|#(?=#\[))/gm,
    (_, space: string, first: string) =>
      `${space}\\u${first.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
