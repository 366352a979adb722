import type { Play, Resource } from "./resource.ts";

/** Which resources a run is about. */
export interface TagSelection {
  /** Only resources with one of these tags, and those tagged `always`; all when empty. */
  readonly tags?: readonly string[];
  /** No resource with one of these tags. Wins. */
  readonly skipTags?: readonly string[];
}

/** The part of a play that `--tags` and `--skip-tags` leave. Handlers stay: they may be due. */
export function selectResources(play: Play, { tags = [], skipTags = [] }: TagSelection): Play {
  const isSelected = ({ tags: own = [] }: Resource): boolean =>
    (tags.length === 0 || own.some((tag) => tag === "always" || tags.includes(tag))) &&
    !own.some((tag) => skipTags.includes(tag));
  return { ...play, resources: play.resources.filter(isSelected) };
}

/** Every tag of a play, for messages about one that it does not have. */
export function tagsOf({ resources }: Play): string[] {
  return [...new Set(resources.flatMap(({ tags = [] }) => tags))];
}
