// SPDX-License-Identifier: Apache-2.0
/** How figures look that can be worked with, wherever they are. */
export const EXPLORED_STYLE = `
figure{position:relative}
figure.explored>:not(h3,figcaption,.exploring){display:none}
button.explore{margin-top:10px}
.explore,.exploring button,.exploring select{font:inherit;font-size:13px;color:inherit;background:var(--panel);border:1px solid var(--soft);border-radius:5px;padding:3px 10px;cursor:pointer;max-width:100%}
.exploring{position:relative}
.exploring select{max-width:min(100%,420px)}
.tools,.series{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;font-size:13px;margin:4px 0 10px}
.series button[aria-pressed=false]{opacity:.75;text-decoration:line-through}
.series svg{display:inline-block;vertical-align:middle;margin-right:7px}
.drawing{overflow-x:auto;cursor:grab}
.drawing svg{min-width:560px;user-select:none}
.tip{position:absolute;left:0;top:0;z-index:1;pointer-events:none;max-width:320px;background:var(--bg);color:var(--ink);border:1px solid var(--soft);border-radius:5px;padding:3px 9px;font-size:13px}
.tip[hidden]{display:none}
@media print{button.explore,.tools{display:none}}
`;
