const light = `color-scheme:light;--page:#f5f6f8;--card:#fff;--line:#dfe2e8;--text:#1d2330;
--faint:#5b6475;--code:#f0f2f6;--critical:#c0212f;--warning:#8a5a00;--ok:#1a7f45;
--critical-bar:#d63644;--warning-bar:#e0a100;--ok-bar:#3fb06d;
--critical-soft:#fdecee;--warning-soft:#fdf4dc;--ok-soft:#e6f6ec`;
const dark = `color-scheme:dark;--page:#0f1218;--card:#171b23;--line:#2a303c;--text:#dfe4ee;
--faint:#98a2b5;--code:#0f1319;--critical:#ff7b86;--warning:#f0b93a;--ok:#5fd08d;
--critical-bar:#e5525f;--warning-bar:#d9a21b;--ok-bar:#3a9c63;
--critical-soft:#341a20;--warning-soft:#30270f;--ok-soft:#13291d`;

/** The style sheet of a sweep's page, in the reader's colours. */
export const pageStyle = `:root{${light}}@media(prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{font:15px/1.5 Inter,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;background:var(--page);
color:var(--text);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1180px;padding:24px 20px 40px;overflow-wrap:anywhere}
h1,h2,p,ol,ul,dl,dd{margin:0;padding:0}
ol,ul{list-style:none}
h2{font-size:17px;font-weight:600;margin:32px 0 12px}
h2 small{font-size:13px;font-weight:400;color:var(--faint);margin-left:8px}
code{font:13px/1.55 ui-monospace,"DejaVu Sans Mono",Consolas,monospace}
.faint{color:var(--faint)}
.critical{--tone:var(--critical);--soft:var(--critical-soft);--bar:var(--critical-bar)}
.warning{--tone:var(--warning);--soft:var(--warning-soft);--bar:var(--warning-bar)}
.ok{--tone:var(--ok);--soft:var(--ok-soft);--bar:var(--ok-bar)}
.gone{--tone:var(--faint);--soft:var(--code);--bar:var(--line)}
header{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--bar);
border-radius:10px;padding:18px 22px;display:flex;flex-wrap:wrap;gap:6px 24px;align-items:baseline}
header h1{font-size:24px;font-weight:650;line-height:1.3}
header .verdict{font-size:18px;font-weight:600;color:var(--tone)}
header .when{color:var(--faint);margin-left:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin-top:12px}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px;
color:var(--faint);line-height:1.35}
.tiles b{display:block;font-size:26px;font-weight:650;line-height:1.2;color:var(--tone,var(--text))}
.badge{display:inline-block;flex:none;border-radius:99px;padding:1px 10px;font-size:12.5px;
font-weight:600;color:var(--tone);background:var(--soft);white-space:nowrap}
.news{border:1px solid var(--line);border-radius:99px;padding:0 9px;font-size:12.5px;
color:var(--faint);white-space:nowrap}
.news.fresh{border-color:var(--tone);color:var(--tone);font-weight:600}
.problems li{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bar);
border-radius:8px;padding:12px 16px;margin-bottom:10px}
.problems .head{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center}
.problems .value{margin-top:4px}
.remedy{margin-top:6px;color:var(--faint)}
.remedy code{display:block;margin-top:4px;padding:7px 12px;border-radius:6px;background:var(--code);
color:var(--text);white-space:pre-wrap}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:4px 16px}
.changes li{padding:7px 0;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;
gap:2px 10px;align-items:baseline}
.changes li:last-child{border:0}
.services{display:grid;grid-template-columns:minmax(90px,1fr) auto repeat(3,minmax(110px,2fr));
gap:0 20px;align-items:center}
.services>*{padding:8px 0;min-width:0}
.services .name{font-weight:600}
.services .head{color:var(--faint);font-size:13px;padding-bottom:0}
.services dfn{display:none;font-style:normal;color:var(--faint);font-size:13px}
.meter{display:block;width:100%;height:6px;border-radius:3px;margin-top:3px;background:var(--line)}
.meter rect,.spark path{fill:var(--bar)}
.rows{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:8px;
align-items:start}
.rows details{background:var(--card);border:1px solid var(--line);border-radius:8px;min-width:0}
.rows details[open]{grid-column:1/-1}
.rows summary{display:flex;align-items:center;gap:10px;padding:8px 12px;cursor:pointer;
list-style:none;min-height:40px}
.rows summary::-webkit-details-marker{display:none}
.rows summary::before{content:"";width:6px;height:6px;border:solid var(--faint);
border-width:0 2px 2px 0;transform:rotate(-45deg);flex:none}
.rows details[open]>summary::before{transform:rotate(45deg)}
.rows .name{font-weight:600;min-width:0;flex:1 1 auto;overflow:hidden;text-overflow:ellipsis;
white-space:nowrap}
.spark{flex:0 1 auto;width:150px;min-width:60px;height:18px}
.found{padding:0 14px 8px}
.found li{display:grid;grid-template-columns:82px minmax(120px,260px) minmax(0,1fr);gap:2px 12px;
padding:6px 0;border-top:1px solid var(--line)}
.found li>*{min-width:0}
.found .remedy{grid-column:2/-1;margin:0}
.about{padding:0 14px 8px;color:var(--faint)}
footer{margin-top:32px;color:var(--faint);font-size:13px}
summary:focus-visible{outline:2px solid var(--ok-bar);outline-offset:-2px;border-radius:8px}
@media(max-width:640px){body{padding:12px 10px 28px}header{padding:14px 16px}
header .when{margin-left:0}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}
.services{grid-template-columns:minmax(0,1fr) auto}.services .head{display:none}
.services .window{grid-column:1/-1;padding:0 0 6px}.services dfn{display:inline;margin-right:6px}
.found li{grid-template-columns:82px minmax(0,1fr)}.found .value{grid-column:2}
.found .remedy{grid-column:1/-1}}
@media print{html{background:#fff}.rows{display:block}.rows details{margin-bottom:6px}}
`;
