// SPDX-License-Identifier: Apache-2.0
// What a page holds so that its figures can be worked with: a script, and Vega, folded up until somebody asks for it.

export interface Explorer {
  /** Runs as the page is opened, and gives figures their buttons. */
  script: string;
  /** As a Content-Security-Policy names it. */
  scriptHash: string;
  /** fflate, by which folded parts of a page are unfolded at once; null in a page that has none. */
  inflater: { text: string; hash: string } | null;
  /** Deflated, in base64. */
  library: string;
  /** Of the library unfolded. */
  libraryHash: string;
}

/** What a page may run: these texts, and nothing else. */
export function scriptPolicy({ scriptHash, inflater, libraryHash }: Explorer): string {
  const hashes = [scriptHash, ...(inflater === null ? [] : [inflater.hash]), libraryHash];
  return `script-src ${hashes.map((hash) => `'${hash}'`).join(' ')}`;
}

/** The element in which a page has the library. */
export const LIBRARY_ID = 'vega-library';

/** `explore.js` as a script that stands in a page. */
export function pageScript(explore: string): string {
  return `${explore.replace(/^export /gm, '')}
let vega = null;
function loadVega() {
  vega ??= unpacked(document.getElementById('${LIBRARY_ID}').content.textContent).then((text) => {
    const script = document.createElement('script');
    script.textContent = text;
    document.head.append(script);
    script.remove();
    return globalThis.vega;
  });
  return vega;
}
enliven(document.body, loadVega, null);
`;
}

/**
 * Vega with the interpreter of its expressions, without which it would make functions out of text: that takes a policy under which anything
 * runs. Both as npm has them; the interpreter is a module that imports a few functions which Vega has as well.
 */
export function vegaLibrary(vega: string, interpreter: string): string {
  const body = interpreter
    .replace(/^import \{([^}]*)\} from 'vega-util';/m, 'const {$1} = vega;')
    .replace(/^export \{ (\w+) as expressionInterpreter \};/m, 'vega.expressionInterpreter = $1;')
    .replace(/^\/\/# sourceMappingURL=.*$/gm, '');
  return `${vega.replace(/^\/\/# sourceMappingURL=.*$/gm, '')}\n(() => {\n${body}})();\n`;
}
