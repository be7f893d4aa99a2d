// SPDX-License-Identifier: Apache-2.0
import { h } from 'preact';

/**
 * Something to be written, with what it is above it.
 * @param {{ label: string, value: string, set: (value: string) => void, type?: string, required?: boolean, disabled?: boolean, maxLength?: number, min?: number, max?: number, name?: string, autocomplete?: 'current-password' }} props
 */
export function Field({ label, set, ...input }) {
  return h(
    'label',
    { class: 'field' },
    h('span', null, label),
    h('input', {
      ...input,
      onInput: (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => set(currentTarget.value),
    }),
  );
}

/**
 * One of several to be chosen, with what it is above them.
 * @param {{ label: string, value: string, set: (value: string) => void, options: readonly (readonly [value: string, shown: string])[] }} props
 */
export function Choice({ label, value, set, options }) {
  return h(
    'label',
    { class: 'field' },
    h('span', null, label),
    h(
      'select',
      {
        value,
        onChange: (/** @type {{ currentTarget: HTMLSelectElement }} */ { currentTarget }) => set(currentTarget.value),
      },
      options.map(([one, shown]) => h('option', { key: one, value: one }, shown)),
    ),
  );
}

/**
 * A campaign to be written, with what it is above it.
 * @param {{ label: string, yaml: string, set: (yaml: string) => void }} props
 */
export function CampaignText({ label, yaml, set }) {
  return [
    h('label', { for: 'yaml' }, label),
    h('textarea', {
      ...{ id: 'yaml', rows: 10, spellcheck: false, value: yaml },
      onInput: (/** @type {{ currentTarget: HTMLTextAreaElement }} */ { currentTarget }) => set(currentTarget.value),
    }),
  ];
}
