/** The page's style sheet; colours follow the reader's light or dark setting. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --faint: #5d6b7c; --line: #e0e5eb;
  --training: #2563c9; --validation: #c2570c; --right: #1f8f5f; --wrong: #d0392b; --track: #e8ecf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161d; --card: #1a212b; --ink: #e6ebf2; --faint: #98a6b8; --line: #2c3643;
    --training: #6aa5ff; --validation: #f59a4c; --right: #3fb884; --wrong: #f0695c; --track: #2a3442;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 48px; }
header h1 { margin: 0; font-size: 26px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
header p { margin: 4px 0 24px; color: var(--faint); }
header .kind { margin: 0; font-size: 13px; }
h2 { margin: 0 0 12px; font-size: 18px; }
h3 { margin: 0; font-size: 15px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px; margin-bottom: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-bottom: 20px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.tile b { display: block; font-size: 24px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile span { color: var(--faint); font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 20px; }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px; margin-bottom: 6px; }
.chart svg { width: 100%; height: auto; display: block; }
.key { display: inline-flex; align-items: center; gap: 6px; margin-left: 14px; font-size: 13px; color: var(--faint); }
.key b { color: var(--ink); font-variant-numeric: tabular-nums; }
.key svg { width: 22px; height: 10px; }
.grid { stroke: var(--line); }
.tick { fill: var(--faint); font-size: 12px; font-variant-numeric: tabular-nums; }
.best { stroke: var(--faint); stroke-dasharray: 2 4; }
.curve path, .key line { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.curve circle { fill: var(--card); stroke: currentColor; stroke-width: 1.8; }
.curve circle:hover { fill: currentColor; }
.curve.training, .key.training svg { color: var(--training); }
.curve.validation, .key.validation svg { color: var(--validation); }
.validation path, .key.validation line { stroke-dasharray: 7 4; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: 600; text-align: left; }
thead th { color: var(--faint); font-size: 13px; font-weight: 500; }
th, td { padding: 5px 12px 5px 0; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.number { text-align: right; }
th[scope="row"] { max-width: 220px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.scores { width: 100%; }
.score { white-space: nowrap; }
.bar { display: inline-block; vertical-align: middle; width: clamp(40px, 10vw, 140px); height: 8px; margin-right: 10px; border-radius: 4px; background: var(--track); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--training); }
caption { caption-side: bottom; text-align: left; color: var(--faint); font-size: 13px; padding-top: 8px; }
.confusion { border-collapse: separate; border-spacing: 2px; }
.confusion th, .confusion td { padding: 4px 8px; }
.confusion tbody tr + tr > * { border-top: 0; }
.confusion thead th { vertical-align: bottom; height: 96px; padding: 0; min-width: 40px; max-width: 56px; }
.confusion thead span { display: block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 110px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; margin: 0 auto; }
.confusion tbody td { text-align: center; min-width: 44px; height: 34px; border-radius: 4px; }
.confusion .none { color: var(--faint); background: color-mix(in srgb, var(--track) 45%, transparent); }
.confusion .right:not(.none) { background: color-mix(in oklab, var(--right) calc(18% + var(--heat, 0%) * 0.82), var(--card)); }
.confusion .wrong:not(.none) { background: color-mix(in oklab, var(--wrong) calc(18% + var(--heat, 0%) * 0.82), var(--card)); }
.confusion .strong { color: #ffffff; font-weight: 600; }
@media (prefers-color-scheme: dark) { .confusion .strong { color: #0b0f14; } }
.confusion .total { color: var(--faint); background: none; }
.dense th[scope="row"] { max-width: 140px; padding: 0 6px 0 0; font-size: 12px; line-height: 1.2; }
.dense thead th { min-width: 0; font-size: 12px; }
.dense tbody td { min-width: 12px; height: 12px; padding: 0; border-radius: 2px; }
.dense tbody .total { padding-left: 6px; font-size: 12px; line-height: 1.2; }
.beside { display: flex; flex-wrap: wrap; gap: 20px 48px; align-items: flex-start; }
.beside .scroll { max-width: 100%; }
.confusions { flex: 1 1 260px; }
.confusions ol { margin: 8px 0 0; padding-left: 22px; }
.confusions li { margin-bottom: 4px; }
details { margin-top: 16px; }
summary { cursor: pointer; color: var(--faint); }
details .scroll { margin-top: 8px; }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 0 28px; margin: 0; }
.settings div { display: flex; justify-content: space-between; gap: 14px; padding: 5px 0; border-bottom: 1px solid var(--line); }
dt { color: var(--faint); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.path { overflow-wrap: anywhere; min-width: 220px; }
footer { color: var(--faint); font-size: 13px; }
@media print { body { background: none; } section, .tile { break-inside: avoid; } }
`;
