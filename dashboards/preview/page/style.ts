import { gridColumns, gridGapPx, gridLinePx } from "../board/placement.ts";
import { letterPx } from "../draw/text_width.ts";

/** Which colours a page has; `auto` follows the reader's. */
export type Theme = "dark" | "light" | "auto";

const dark = `color-scheme:dark;--page:#111217;--panel:#181b1f;--line:#2c2f36;--grid:#2a2d33;
--text:#d5d6e0;--faint:#9a9ba8;--hover:#22252b;--link:#6e9fff;--error:#ff7383;`;
const light = `color-scheme:light;--page:#f4f5f5;--panel:#fff;--line:#dcdde2;--grid:#e4e5e9;
--text:#24292e;--faint:#5d6066;--hover:#f0f1f3;--link:#1f62e0;--error:#c4162a;`;

const themes: Readonly<Record<Theme, string>> = {
  dark: `:root{${dark}}`,
  light: `:root{${light}}`,
  auto: `:root{${dark}}@media(prefers-color-scheme:light){:root{${light}}}`,
};

/** Width of the page that charts are drawn for, in px; on a narrower one they shrink. */
export const pagePx = 1600;
/** Space at the sides of the page. */
export const pagePaddingPx = 16;
/** Height of a panel's title, and the space around its body. */
export const panelTitlePx = 34;
export const panelPaddingPx = 8;

/** The style sheet of a page. */
export function styleSheet(theme: Theme): string {
  return `${themes[theme]}
*{box-sizing:border-box}
html{font:14px/1.43 Inter,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;background:var(--page);
color:var(--text)}
body{margin:0 auto;max-width:${pagePx}px;padding:12px ${pagePaddingPx}px 24px}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code{font:12px/1.5 ui-monospace,"DejaVu Sans Mono",Consolas,monospace;overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:6px 20px;margin-bottom:10px}
header h1{font-size:20px;font-weight:500;margin:0}
header nav{display:flex;flex-wrap:wrap;gap:4px 16px}
header nav [aria-current]{color:var(--text);font-weight:500}
header .when{margin-left:auto;color:var(--faint)}
.about,.note{margin:0 0 10px;color:var(--faint);max-width:110ch}
.note{color:var(--text);border-left:3px solid #ff9830;padding-left:10px}
.variables{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 12px;padding:0;list-style:none}
.variables li{display:flex;border:1px solid var(--line);border-radius:2px;background:var(--panel);
max-width:100%}
.variables li>*{padding:4px 10px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.variables b{font-weight:500;border-right:1px solid var(--line);flex:none}
.events{margin:0 0 12px;color:var(--faint)}.events summary{cursor:pointer}
.events ol{margin:6px 0 0;padding:0;list-style:none;columns:3;column-gap:24px}
.events li{break-inside:avoid;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(${gridColumns},minmax(0,1fr));
grid-auto-rows:${gridLinePx}px;gap:${gridGapPx}px}
.row{margin-bottom:${gridGapPx}px}
.row>summary{height:${gridLinePx}px;display:flex;align-items:center;gap:8px;cursor:pointer;
font-size:16px;font-weight:500;list-style:none;margin-bottom:0}
.row[open]>summary{margin-bottom:${gridGapPx}px}
.row>summary::before{content:"";width:7px;height:7px;border:solid var(--faint);
border-width:0 2px 2px 0;transform:rotate(-45deg);margin:0 4px 0 2px;flex:none}
.row[open]>summary::before{transform:rotate(45deg)}
.row>summary span{color:var(--faint);font-size:12px;font-weight:400}
.panel{position:relative;display:flex;flex-direction:column;min-width:0;background:var(--panel);
border:1px solid var(--line);border-radius:3px}
.panel>h3{height:${panelTitlePx - 2}px;line-height:${panelTitlePx - 2}px;margin:0;
padding:0 30px 0 ${panelPaddingPx}px;font-size:14px;font-weight:500;flex:none;overflow:hidden;
text-overflow:ellipsis;white-space:nowrap}
.body{flex:1;min-height:0;padding:0 ${panelPaddingPx}px ${panelPaddingPx}px;display:flex;
flex-direction:column;overflow:hidden}
.info{position:absolute;top:0;right:0;z-index:1}
.info>summary{list-style:none;cursor:pointer;width:16px;height:16px;margin:8px;border-radius:8px;
border:1px solid var(--faint);color:var(--faint);font:600 11px/14px Georgia,serif;text-align:center}
.info[open]{z-index:2}
.info>div{position:absolute;right:0;top:32px;width:min(420px,80vw);max-height:60vh;overflow:auto;
padding:10px 14px;background:var(--page);border:1px solid var(--line);border-radius:3px;
box-shadow:0 6px 18px #0008}
.info.left>div{right:auto;left:8px}
.info p{margin:0 0 8px}.info hr{border:0;border-top:1px solid var(--line)}
.chart{flex:1;min-height:0;width:100%;display:block}
.chart text{font-size:12px;fill:var(--faint);text-anchor:middle;dominant-baseline:central}
.chart .side text{text-anchor:end}.chart .state{fill:#fff}.chart .state.dark{fill:#111217}
.chart .line,.chart .grid{fill:none;vector-effect:non-scaling-stroke}
.chart .line{stroke-linejoin:round;stroke-linecap:round}.chart .dashed{stroke-dasharray:5 4;stroke-linecap:butt}
.chart .grid{stroke:var(--grid);shape-rendering:crispEdges}
.legend{flex:none;margin:0;padding:0;overflow-y:auto;scrollbar-width:thin;font-size:12px;
line-height:20px;color:var(--text)}
.legend i{display:inline-block;width:14px;height:4px;border-radius:2px;margin:0 7px 3px 0}
ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:0 14px;align-content:flex-start}
ul.legend li{max-width:100%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;height:20px}
ul.legend b{font-weight:400;color:var(--faint);margin-left:6px}
table{border-collapse:collapse;width:100%}
.legend th,.legend td{height:20px;padding:0 2px 0 14px;font-weight:400;text-align:right;
white-space:nowrap}
.legend th:first-child{text-align:left;padding-left:2px;width:100%;max-width:0;overflow:hidden;
text-overflow:ellipsis}
.legend thead th{color:var(--link);position:sticky;top:0;background:var(--panel)}
.table{flex:1;min-height:0;overflow:auto;scrollbar-width:thin}
.table th{position:sticky;top:0;background:var(--panel);color:var(--link);font-weight:500;z-index:1}
.table th,.table td{height:34px;padding:0 10px;white-space:nowrap;max-width:420px;overflow:hidden;
text-overflow:ellipsis;border-bottom:1px solid var(--line)}
.table tbody tr:hover{background:var(--hover)}
.table .fill{display:inline-block;padding:2px 10px;border-radius:2px}
.stats{flex:1;min-height:0;display:grid;gap:4px}
.stat{container-type:inline-size;position:relative;display:flex;flex-direction:column;justify-content:center;
align-items:center;min-width:0;min-height:0;overflow:hidden;border-radius:2px;line-height:1.15}
.stat b,.stat span{position:relative;max-width:100%;overflow:hidden;text-overflow:ellipsis;
white-space:nowrap;font-weight:500}
.stat span{font-size:12px;color:var(--text);line-height:18px}
.stat.line{flex-direction:row;justify-content:space-between;gap:8px;padding:0 8px}
.stat.charted{justify-content:flex-start}
.spark{position:absolute;inset:58% 0 0;width:100%;height:42%}
.bars{flex:1;margin:0;padding:0;list-style:none;overflow:hidden}
.bars li{display:grid;grid-template-columns:minmax(60px,30%) 1fr auto;gap:10px;height:26px;
align-items:center}
.bars span,.bars b{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-weight:500}
.bars>li>i{height:14px;background:var(--grid);border-radius:2px}
.bars i i{display:block;height:100%;border-radius:2px}
.scale{flex:none;display:flex;gap:8px;align-items:center;margin:4px 0 0;height:18px;font-size:12px;
color:var(--faint)}
.scale i{width:160px;height:10px;border-radius:2px}
.empty{flex:1;display:flex;align-items:center;justify-content:center;margin:0;color:var(--faint);
text-align:center}
.error{margin:2px 0;color:var(--error);overflow-wrap:anywhere;overflow-y:auto;max-height:100%}
.more{flex:none;margin:2px 0 0;color:var(--faint);font-size:12px;height:18px}
.text{overflow:auto}
.queries{flex:1;margin:0;overflow:auto;scrollbar-width:thin}
.queries dt{color:var(--link);font-size:12px}.queries dt span{color:var(--faint);margin-left:6px}
.queries dd{margin:0 0 6px}
.boards{list-style:none;padding:0;display:grid;gap:8px;
grid-template-columns:repeat(auto-fill,minmax(320px,1fr))}
.boards li{background:var(--panel);border:1px solid var(--line);border-radius:3px;padding:14px 16px}
.boards a{font-size:16px;font-weight:500}.boards p{margin:4px 0 0;color:var(--faint)}
@media(max-width:1400px){.chart text{font-size:${letterPx}px}.events ol{columns:2}}
@media(max-width:900px){.info.left>div{right:0;left:auto}.grid{display:block}.panel{margin-bottom:${gridGapPx}px;min-height:150px}
.events ol{columns:1}}`;
}
