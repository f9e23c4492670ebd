/** What is kept of a venue's answer holds nothing that proves who asked, in whatever way the answer shows it. */
import { expect, it } from 'vitest';
import { BODY_BYTES, hear, rawReplyOf, weighed, withRaw } from '../../src/exchanges/rawReply.ts';
import type { HttpReply, HttpRequest } from '../../src/exchanges/transport.ts';

const ID = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A';
const SECRET = 'NhqPt/mAmv+SkvtJ"38&8Kx==a';
const PASSPHRASE = 'käse & brot';
const KEY = [ID, SECRET, PASSPHRASE].map((text) => ({ reveal: () => text }));
const SIGN = '2YkG+1t/9Gv0uX0zL1x2y3A4b5C6d7E8f9G0h1I2j3=';
const REQUEST: HttpRequest = {
  method: 'POST',
  url: `https://api.example.com/sapi/v1/asset/transfer?amount=1&signature=${encodeURIComponent(SIGN)}`,
  headers: { 'X-MBX-APIKEY': ID, 'OK-ACCESS-SIGN': SIGN, 'OK-ACCESS-PASSPHRASE': PASSPHRASE },
  body: '',
};
const ASKED = { request: REQUEST, key: KEY };

function replied(text: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { kind: 'reply', status: 502, headers, text, json: undefined };
}

const html = (text: string): string =>
  text.replace(/[&<>"']/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? one);
const GUISES: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'as part of a URL': encodeURIComponent,
  'in an HTML page': html,
  'as entities': (secret) => secret.replace(/[&<>"']/g, (one) => `&#${String(one.charCodeAt(0))};`),
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'in capitals': (secret) => secret.toUpperCase(),
};

it.each(Object.entries(GUISES))('a part of the key that is shown %s is not kept', (_name, guise) => {
  for (const secret of [ID, SECRET, PASSPHRASE, SIGN]) {
    const { body } = rawReplyOf(ASKED, replied(`<p>before ${guise(secret)} after</p>`), 1);
    expect(body).not.toContain(guise(secret));
    expect(body).toMatch(/^<p>before \[removed\].* after<\/p>$/);
  }
});

it('what only looks like a key or a signature is not kept either', () => {
  const other = 'f'.repeat(64);
  const text = `GET /x?timestamp=1&signature=abcd1234 X-MBX-APIKEY: someKey OK-ACCESS-KEY: 1-2-3 Authorization: Bearer abc ${other}`;
  const { body } = rawReplyOf(ASKED, replied(text), 1);
  for (const gone of ['abcd1234', 'someKey', '1-2-3', 'Bearer', 'abc', other]) expect(body).not.toContain(gone);
  expect(body).toContain('timestamp=1&signature=[removed]');
});

it('amounts, ids and words of the venue stay as they are, and headers only where its support needs them', () => {
  const text =
    '{"code":"0","data":[{"transId":"754147","ccy":"USDT","clientId":"b1f2g3h4i5","amt":"0.10000001"}],"msg":""}';
  const headers = {
    date: 'Sat, 21 Nov 2026 23:44:40 GMT',
    'set-cookie': 'a=b',
    'x-mbx-uuid': 'aa-bb',
    server: 'nginx',
  };
  expect(rawReplyOf(ASKED, replied(text, headers), 17)).toEqual({
    call: 'POST /sapi/v1/asset/transfer',
    status: 502,
    headers: { date: headers.date, 'x-mbx-uuid': 'aa-bb' },
    body: text,
    bytes: text.length,
    at: 17,
  });
});

it('of a long answer the part around the record is kept, and no cut leaves half a secret', () => {
  const row = (at: number): string => `{"tranId":${String(at)},"amount":"${String(at)}.5"},`;
  const rows = Array.from({ length: 4_000 }, (_, at) => row(at)).join('');
  const { body, bytes } = rawReplyOf(ASKED, replied(rows), 1, ['not there', '"amount":"2777.5"']);
  expect(body).toContain(row(2_777));
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(BODY_BYTES);
  expect(bytes).toBe(rows.length);
  for (let shift = 0; shift < 80; shift += 1) {
    const text = `${'é'.repeat(shift)}${`${SECRET} `.repeat(2_000)}`;
    const kept = rawReplyOf(ASKED, replied(text), 1, ['nothing']).body;
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(BODY_BYTES);
    expect(kept.replaceAll('[removed]', '').replace(/[é \s]|\[?r?e?m?o?v?e?d?$/g, '')).toBe('');
  }
});

it('an answer that cannot be kept changes nothing of what it means', () => {
  const broken = { ...REQUEST, url: 'no url' };
  expect(withRaw({ outcome: 'accepted' }, { request: broken, key: KEY }, replied('x'), 1)).toEqual({
    outcome: 'accepted',
  });
});

it('evidence carries the answers to its own reads and to no others', async () => {
  const signal = new AbortController().signal;
  const found = { verdict: 'happened', ref: '77', amount: '1', why: 'record 77' } as const;
  const evidence = await weighed(signal, ['1'], (heard) => {
    hear(heard, ASKED, replied('mine'), 1);
    hear(signal, ASKED, replied('of a look'), 2);
    hear(undefined, ASKED, replied('shared'), 3);
    return Promise.resolve(found);
  });
  expect(evidence).toEqual({ ...found, raw: [expect.objectContaining({ body: 'mine', at: 1 })] });
  await expect(weighed(signal, [], () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
});
