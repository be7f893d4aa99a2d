// SPDX-License-Identifier: Apache-2.0
import { h } from 'preact';
import { useContext } from 'preact/hooks';
import { LiveContext, Silent } from './live.js';
import { useDocument } from './loaded.js';

/** Whether what is shown of the lab is of now. */
export function LabState() {
  const { lab, labError, isConnected } = useContext(LiveContext);
  // Where nothing was told yet, why: of a lab that may not be read, the stream only says that it does not answer.
  const asked = useDocument(lab === null && !isConnected ? '/api/lab' : null);
  if (asked.error !== null) return h('p', { class: 'bad', role: 'alert' }, `${asked.error}.`);
  if (!isConnected) return h(Silent, {});
  if (labError !== null) return h('p', { class: 'bad', role: 'status' }, `${labError}; trying again …`);
  return lab === null ? h('p', { class: 'soft', role: 'status' }, 'Loading …') : null;
}
