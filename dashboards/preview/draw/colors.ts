/** Colours of Grafana's names in the shades dark, semi-dark, plain, light and super-light. */
const hues: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  red: ["#C4162A", "#E02F44", "#F2495C", "#FF7383", "#FFA6B0"],
  orange: ["#FA6400", "#FF780A", "#FF9830", "#FFB357", "#FFCB7D"],
  yellow: ["#E0B400", "#F2CC0C", "#FADE2A", "#FFEE52", "#FFF899"],
  green: ["#37872D", "#56A64B", "#73BF69", "#96D98D", "#C8F2C2"],
  blue: ["#1F60C4", "#3274D9", "#5794F2", "#8AB8FF", "#C0D8FF"],
  purple: ["#8F3BB8", "#A352CC", "#B877D9", "#CA95E5", "#DEB6F2"],
};
const shades = ["dark-", "semi-dark-", "", "light-", "super-light-"];

/** Colours of series that have none of their own, in this order. */
const seriesColors = [
  ...["#73BF69", "#F2CC0C", "#8AB8FF", "#FF780A", "#F2495C", "#5794F2", "#B877D9", "#37A2A0"],
  ...["#FFB357", "#C4A3F5", "#96D98D", "#FF7383", "#3274D9", "#FADE2A", "#C69C6D", "#6ED0E0"],
];

/** The colour of the series with this number. */
export function seriesColor(index: number): string {
  return seriesColors[index % seriesColors.length]!;
}

/**
 * A colour of a dashboard as CSS has it: `semi-dark-red`, `#f00`, `rgb(…)`, `text`. Anything else is
 * grey, so that a dashboard can't write style sheets.
 */
export function cssColor(name: string | null | undefined): string {
  if (name === "text") return "var(--text)";
  if (name === "transparent") return "transparent";
  if (name === undefined || name === null) return fallback;
  if (/^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(name)) return name;
  if (/^rgba?\([\d.,\s%]{1,40}\)$/.test(name)) return name;
  const [, shade = "", hue = ""] =
    /^((?:super-light|semi-dark|dark|light)-)?([a-z]+)$/.exec(name) ??
      [];
  return hues[hue]?.[shades.indexOf(shade)] ?? fallback;
}

const fallback = "#8E8E9A";

/** Colours of heat maps, from few to many. */
const schemes: Readonly<Record<string, readonly string[]>> = {
  oranges: ["#3a2415", "#7f3b08", "#d9600f", "#fd8d3c", "#fdd0a2"],
  blues: ["#122740", "#0b4a8f", "#2f7fc6", "#6baed6", "#c6dbef"],
  greens: ["#12301b", "#13602f", "#2f9650", "#74c476", "#c7e9c0"],
  reds: ["#3b1518", "#7d1016", "#c8242c", "#fb6a4a", "#fcbba1"],
  spectral: ["#3d5fb8", "#3fa7a0", "#c9df7c", "#fdae61", "#d53e4f"],
  turbo: ["#30409c", "#28a6e8", "#58e576", "#f6b73a", "#b21f10"],
  rdylgn: ["#1a9850", "#a6d96a", "#fee08b", "#f46d43", "#a50026"],
};

/** The colour of a share of the most in a heat map: 0 of few, 1 of the most. */
export function heatColor(scheme: string, share: number): string {
  const colors = schemes[scheme.toLowerCase()] ?? schemes["oranges"]!;
  const at = Math.min(Math.max(share, 0), 1) * (colors.length - 1);
  const low = Math.min(Math.floor(at), colors.length - 2);
  const [from, to] = [channels(colors[low]!), channels(colors[low + 1]!)];
  const mixed = from.map((value, i) => Math.round(value + (to[i]! - value) * (at - low)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** Whether text on this colour must be dark to be read: by its luma (ITU-R BT.601). */
export function isLight(color: string): boolean {
  if (!/^#[0-9a-f]{6}/i.test(color)) return false;
  const [red, green, blue] = channels(color);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

function channels(color: string): [number, number, number] {
  const at = (start: number): number => parseInt(color.slice(start, start + 2), 16);
  return [at(1), at(3), at(5)];
}
