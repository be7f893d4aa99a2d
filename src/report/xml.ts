// SPDX-License-Identifier: Apache-2.0

/** Free text within an element or an attribute of XML: in one line, without what XML 1.0 has no character for. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
