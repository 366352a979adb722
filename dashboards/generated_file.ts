/** A file that is made from code and checked in; the same code makes the same bytes. */
export interface GeneratedFile {
  /** From the checkout's root, with `/`: `dashboards/generated/prometheus/rules/alerts.yaml`. */
  readonly path: string;
  readonly text: string;
}
