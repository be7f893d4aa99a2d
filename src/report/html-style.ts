// SPDX-License-Identifier: Apache-2.0
import { EXPLORED_STYLE } from './explore/style.ts';
import { hueVariables } from './figures/ink.ts';

/**
 * The report's style sheet. Series colours are Okabe and Ito's, which colour-blind people tell apart; blue and sky blue
 * change places in the dark, where plain blue would be too faint.
 */
const COLORS = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--ink:#16191d;--soft:#57606b;--line:#cfd5dc;--grid:#e9ecef;--band:#dfe4ea;
--accent:#005a8d;--bad:#a83c00;--c0:#9ba4ae;--c3:#009e73;${hueVariables('light')}}
@media screen and (prefers-color-scheme:dark){:root{--bg:#0f1114;--panel:#171a1e;--ink:#e8ebef;--soft:#a2acb8;--line:#3b424b;
--grid:#23282e;--band:#2c333b;--accent:#56b4e9;--bad:#ff9a5c;--c0:#79838f;${hueVariables('dark')}}}
`;

const RULES = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
main,header,footer{max-width:940px;margin:0 auto;padding:0 20px}
header{padding-top:56px}
.over{color:var(--soft);font-size:13px;letter-spacing:.04em;margin:0 0 8px}
h1{font-size:34px;line-height:1.18;letter-spacing:-.02em;font-weight:650;margin:0 0 12px;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:21px;letter-spacing:-.01em;font-weight:650;margin:64px 0 6px}
h3{font-size:16px;font-weight:600;margin:32px 0 4px}
p,li,dl{max-width:76ch}
p{margin:8px 0;overflow-wrap:anywhere}
.soft,.meta,figcaption{color:var(--soft);font-size:14px}
figcaption{margin-top:10px;max-width:68ch}
nav{margin:24px 0 0;font-size:14px;display:flex;flex-wrap:wrap;gap:4px 18px}
a{color:var(--accent);text-decoration:none}
a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.answers{list-style:none;margin:32px 0 0;padding:0}
.answers li{border-left:4px solid var(--line);padding:2px 0 2px 18px;margin:0 0 22px}
.answers .won{border-color:var(--c3)}
.answers .group{color:var(--soft);font-size:13px}
.answers strong{display:block;font-size:22px;line-height:1.3;font-weight:620;letter-spacing:-.01em;overflow-wrap:anywhere}
.answers p{margin:4px 0 0}
.answers details{border:0;padding:0;margin:4px 0 0}
.answers summary{font-size:14px;font-weight:400;color:var(--accent)}
.answers .each{font-size:14px;margin:6px 0 0}
figure{margin:28px -4px 0;padding:0 4px;break-inside:avoid;content-visibility:auto;contain-intrinsic-size:auto 420px}
figure h3{margin:0 0 6px}
figure svg{display:block;max-width:100%;height:auto;font-family:inherit}
.narrow{display:none}
.once{overflow-x:auto}
.once svg{min-width:640px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;margin:4px 0 14px;padding:0;font-size:13px}
.legend svg{display:inline-block;vertical-align:middle;margin-right:7px}
.scroll{overflow-x:auto;margin:24px -20px 0;padding:0 20px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums;line-height:1.4}
caption{text-align:left;color:var(--soft);font-size:14px;padding:0 0 8px}
th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid)}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500;font-size:12.5px;border-color:var(--line);white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500;white-space:nowrap}
.n{text-align:right;white-space:nowrap}
tbody:not(:last-child) tr:last-child>*{border-bottom-color:var(--c0)}
tr.won th,tr.won .key{font-weight:700}
.io{color:var(--soft);display:block;font-weight:400;font-size:12.5px}
.bad{color:var(--bad)}
.hops{list-style:none;margin:0;padding:0;min-width:400px;max-width:480px}
.hops li{max-width:none;display:grid;grid-template-columns:1fr 7em 6em;gap:8px}
.hops .drop{display:block;color:var(--bad)}
dl{margin:12px 0;display:grid;grid-template-columns:fit-content(28%) 1fr;gap:4px 20px;font-size:14px}
dt{color:var(--soft);overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere}
ul.doubts,ol.method{padding-left:20px;margin:12px 0}
.doubts li,.method li{margin:0 0 10px;padding-left:4px}
pre{background:var(--panel);padding:14px 16px;border-radius:6px;overflow-x:auto;font:13px/1.6 ui-monospace,"SF Mono",Menlo,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
blockquote{margin:10px 0;max-width:76ch;padding-left:16px;border-left:3px solid var(--line)}
code{font:.9em ui-monospace,"SF Mono",Menlo,"Liberation Mono",monospace}
details{margin:14px 0;border-top:1px solid var(--grid);padding-top:10px}
summary{cursor:pointer;font-weight:500;font-size:15px}
${EXPLORED_STYLE}footer{margin-top:72px;padding-bottom:56px;color:var(--soft);font-size:13px}
@media (max-width:640px){body{font-size:15.5px}header{padding-top:32px}h1{font-size:27px}h2{margin-top:48px}.wide{display:none}.narrow{display:block}
.answers strong{font-size:19px}dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 8px}}
@media print{body{font-size:10.5pt}main,header,footer{max-width:none}nav{display:none}h2{margin-top:28pt;break-after:avoid}.scroll{overflow:visible}
table{font-size:8.5pt}tr{break-inside:avoid}tbody tr:first-child{break-before:avoid}details::details-content{content-visibility:visible;block-size:auto}}
`;

export const STYLE = `${COLORS}${RULES}`;

/** The same for parts of a report in a page with a style of its own: within an element of this class. */
export const PARTS_STYLE = `${COLORS}.report{${RULES}h2{margin-top:36px}.answers{margin-top:12px}}`;
