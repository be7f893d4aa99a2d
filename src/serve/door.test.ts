// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Access, type HouseRules, isLoopback, type Knock, oneKey, refusal, tokenIn } from './door.ts';

const token = 'a-token-that-nobody-guesses';
const ann = { user: 'ann', isAdmin: false };
const here: HouseRules = { isPublic: false, name: null, origin: null, tokenHint: 'this takes the token' };
const abroad: HouseRules = { ...here, isPublic: true, name: 'lab-1' };
const proxied: HouseRules = { ...here, origin: 'https://lab.example' };
const knock = (part: Partial<Knock> = {}): Knock => ({
  ...{ host: '127.0.0.1:4400', origin: undefined, holder: null },
  ...part,
});
const isIn = (access: Access, part: Partial<Knock>, rules: HouseRules) => refusal(access, knock(part), rules) === null;

describe('the door', () => {
  it('lets this machine read without a token, and change something only with it', () => {
    assert.ok(isIn('read', {}, here));
    assert.ok(!isIn('change', {}, here));
    assert.ok(isIn('change', { holder: ann }, here));
    assert.equal(refusal('change', knock(), here), here.tokenHint);
  });

  it('lets nobody else read without it', () => {
    assert.ok(!isIn('read', { host: '192.0.2.1:4400' }, abroad));
    assert.ok(isIn('read', { host: '192.0.2.1:4400', holder: ann }, abroad));
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
      assert.ok(!isIn('change', { host, holder: ann }, here), String(host));
    }
    assert.ok(!isIn('open', { host: 'evil.example' }, abroad));
  });

  it('asks nothing for pages of other sites, whatever they bring', () => {
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:4401', 'http://127.0.0.1', '']) {
      assert.ok(!isIn('read', { origin }, here), origin);
      assert.ok(!isIn('change', { origin, holder: ann }, here), origin);
    }
    assert.ok(isIn('change', { origin: 'http://127.0.0.1:4400', holder: ann }, here));
  });

  it('answers to the name of its reverse proxy, and to pages that came through it', () => {
    for (const host of ['lab.example', 'LAB.example:443', '127.0.0.1:4400']) {
      for (const origin of [undefined, 'https://lab.example']) assert.ok(isIn('read', { host, origin }, proxied), host);
    }
    const host = 'lab.example';
    assert.ok(!isIn('change', { host, origin: 'https://lab.example' }, proxied));
    assert.ok(isIn('change', { host, origin: 'https://lab.example', holder: ann }, proxied));
    for (const origin of ['https://evil.example', 'https://lab.example.evil.example', 'https://lab.example:8443']) {
      assert.ok(!isIn('change', { host, origin, holder: ann }, proxied), origin);
    }
    for (const other of ['evil.example', 'lab.example.evil.example', 'x.lab.example']) {
      assert.ok(!isIn('open', { host: other }, proxied), other);
    }
    assert.ok(!isIn('open', { host }, here));
  });

  it('takes a token as browsers send it, and one that is right', () => {
    const tokenOf = (authorization?: string, own?: string) => tokenIn({ authorization, own });
    assert.equal(tokenOf(`Bearer ${token}`), token);
    assert.equal(tokenOf('Basic YW5uOnNlY3JldA==', token), token);
    for (const text of [undefined, '', token, `bearer ${token}`, `Basic ${token}`, `Bearer ${token} x`, 'Bearer ']) {
      assert.equal(tokenOf(text), null, String(text));
    }
    for (const text of ['', `${token} x`, `Bearer ${token}`]) assert.equal(tokenOf(undefined, text), null, text);
    const keys = oneKey(token, ann);
    assert.equal(keys(token), ann);
    for (const guess of ['', token.slice(1), `${token}x`]) assert.equal(keys(guess), null, guess);
  });

  it('knows which addresses only this machine reaches', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.ok(isLoopback(address), address);
    for (const address of ['0.0.0.0', '::', '192.0.2.1', '127.evil.example']) assert.ok(!isLoopback(address), address);
  });
});
