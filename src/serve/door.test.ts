// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Access, type HouseRules, isLoopback, type Knock, refusal } from './door.ts';

const token = 'a-token-that-nobody-guesses';
const here: HouseRules = { token, isPublic: false, name: null };
const abroad: HouseRules = { token, isPublic: true, name: 'lab-1' };
const knock = (part: Partial<Knock> = {}): Knock => ({
  ...{ host: '127.0.0.1:4400', origin: undefined, authorization: undefined },
  ...part,
});
const isIn = (access: Access, part: Partial<Knock>, rules: HouseRules) => refusal(access, knock(part), rules) === null;
const bearer = `Bearer ${token}`;

describe('the door', () => {
  it('lets this machine read without a token, and change something only with it', () => {
    assert.ok(isIn('read', {}, here));
    assert.ok(!isIn('change', {}, here));
    assert.ok(!isIn('change', { authorization: 'Bearer another' }, here));
    assert.ok(!isIn('change', { authorization: token }, here));
    assert.ok(isIn('change', { authorization: bearer }, here));
  });

  it('lets nobody else read without it', () => {
    assert.ok(!isIn('read', { host: '192.0.2.1:4400' }, abroad));
    assert.ok(isIn('read', { host: '192.0.2.1:4400', authorization: bearer }, abroad));
    assert.ok(isIn('open', { host: 'lab-1:4400' }, abroad));
  });

  it('answers to our own names alone, on any port', () => {
    for (const host of ['localhost:4400', 'LOCALHOST', '127.0.0.1:9000', '[::1]:4400', '127.8.8.8']) {
      assert.ok(isIn('read', { host }, here), host);
    }
    for (const host of [
      'evil.example:4400',
      'localhost.evil.example',
      '192.0.2.1',
      '127.evil.example',
      '',
      undefined,
    ]) {
      assert.ok(!isIn('open', { host }, here), String(host));
      assert.ok(!isIn('change', { host, authorization: bearer }, here), String(host));
    }
    assert.ok(!isIn('open', { host: 'evil.example' }, abroad));
  });

  it('asks nothing for pages of other sites, whatever they bring', () => {
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:4401', 'http://127.0.0.1', '']) {
      assert.ok(!isIn('read', { origin }, here), origin);
      assert.ok(!isIn('change', { origin, authorization: bearer }, here), origin);
    }
    assert.ok(isIn('change', { origin: 'http://127.0.0.1:4400', authorization: bearer }, here));
  });

  it('knows which addresses only this machine reaches', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.ok(isLoopback(address), address);
    for (const address of ['0.0.0.0', '::', '192.0.2.1', '127.evil.example']) assert.ok(!isLoopback(address), address);
  });
});
