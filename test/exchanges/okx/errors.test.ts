/** One test per row of the OKX error table, and the envelope rules of okx.md §1.4. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OKX_ERRORS, readError, readEnvelope, verdictOf } from '../../../src/exchanges/okx/errors.ts';
import { GROUPS } from '../../../src/exchanges/okx/errorRows.ts';
import { parseJson } from '../../../src/exchanges/json.ts';
import type { HttpReply } from '../../../src/exchanges/transport.ts';

const DOCUMENT = readFileSync('docs/error-codes-okx.md', 'utf8').split('\n');

function reply(text: string, status = 200, headers: Record<string, string> = {}): HttpReply {
  return { kind: 'reply', status, headers, text, json: parseJson(text) };
}

function coded(code: string, msg: string, status = 200): HttpReply {
  return reply(JSON.stringify({ code, data: [], msg }), status);
}

function failureOf(given: HttpReply) {
  const verdict = verdictOf(given, 0);
  if (verdict.ok) throw new Error('expected a failure');
  return verdict.failure;
}

describe('every row', () => {
  it.each(OKX_ERRORS.rows.map((row) => [row.code, row.effect, row] as const))('%s → %s', (_code, _effect, row) => {
    const failure = failureOf(coded(row.code, row.sample));
    expect(failure.outcome).toBe(row.outcome);
    expect(failure.code).toBe(row.code);
    if (failure.outcome === 'rejected') {
      expect(failure.effect).toBe(row.effect);
      expect(failure.meaning).toBe(row.meaning);
    } else {
      expect(failure.reason).toContain(row.meaning);
    }
    expect(row.meaning.length).toBeGreaterThan(10);
    expect(row.source).toMatch(/^okx\.md §/);
    const does = row.outcome === 'unknown' ? 'gathers evidence' : row.effect;
    const documented = DOCUMENT.some(
      (line) => line.startsWith(`| ${row.code} |`) && line.includes(`| ${does}`) && line.endsWith(`| ${row.meaning} |`),
    );
    expect(documented, 'docs/error-codes-okx.md').toBe(true);
  });

  it('names no code twice in the groups', () => {
    const codes = GROUPS.flatMap(({ doubts, refusals }) => [
      ...doubts.map(([code]) => code),
      ...refusals.map(([code]) => code),
    ]);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(125);
  });
});

describe('which code counts', () => {
  it('lets sCode of the first item outrank the code', () => {
    const text = JSON.stringify({ code: '1', msg: '', data: [{ sCode: '58116', sMsg: 'too much' }] });
    expect(failureOf(reply(text))).toMatchObject({ outcome: 'rejected', code: '58116', effect: 'funds' });
  });

  it('does not take code 0 with a failed item for success', () => {
    const text = JSON.stringify({ code: '0', msg: '', data: [{ sCode: '51764', sMsg: '' }] });
    expect(failureOf(reply(text))).toMatchObject({ outcome: 'rejected', code: '51764' });
  });

  it('takes code 1 or 2 without an item for unknown', () => {
    expect(failureOf(coded('1', ''))).toMatchObject({ outcome: 'unknown', code: '1' });
    expect(failureOf(reply(JSON.stringify({ code: '2', msg: '', data: [{ sCode: '0' }] })))).toMatchObject({
      outcome: 'unknown',
      code: '2',
    });
  });

  it('takes 50004 as HTTP 400 for unknown', () => {
    expect(failureOf(coded('50004', 'timeout', 400)).outcome).toBe('unknown');
  });

  it('takes 50011 for rate limiting with HTTP 200 and with 429', () => {
    for (const status of [200, 429]) {
      expect(failureOf(coded('50011', 'Too Many Requests', status))).toMatchObject({
        outcome: 'rejected',
        effect: 'rateLimited',
        retryAfterMs: 2_000,
      });
    }
  });

  it('obeys Retry-After', () => {
    const text = JSON.stringify({ code: '50011', data: [], msg: '' });
    expect(failureOf(reply(text, 429, { 'retry-after': '7' }))).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('takes 50013 as HTTP 429 for unknown: the status proves nothing', () => {
    expect(failureOf(coded('50013', 'busy', 429)).outcome).toBe('unknown');
  });

  it.each(['51784', '51016', '50071', '50042'])('takes the duplicate %s for unknown', (code) => {
    expect(failureOf(coded(code, 'duplicate')).outcome).toBe('unknown');
  });

  it('lets a 5xx outrank a proven rejection in its body', () => {
    expect(failureOf(coded('51736', 'insufficient', 500))).toMatchObject({ outcome: 'unknown', code: '51736' });
  });

  it('reads errors without data', () => {
    expect(failureOf(reply('{"msg":"Timestamp request expired","code":"50102"}', 401))).toMatchObject({
      outcome: 'rejected',
      effect: 'clock',
    });
  });

  it.each([
    ['HTML', '<html>busy</html>', 200],
    ['nothing', '', 200],
    ['cut JSON', '{"code":"0","data":[', 200],
    ['a list', '[]', 200],
    ['no code', '{"data":[]}', 200],
    ['data that is no list', '{"code":"0","data":{}}', 200],
    ['HTML with 429', '<html>slow down</html>', 429],
    ['HTML with 403', '<html>blocked</html>', 403],
    ['success with a 4xx status', '{"code":"0","data":[],"msg":""}', 400],
  ])('takes %s for unknown', (_what, text, status) => {
    expect(failureOf(reply(text, status)).outcome).toBe('unknown');
  });

  it('takes a code that no row knows for unknown', () => {
    expect(failureOf(coded('99999', 'never heard of'))).toMatchObject({ outcome: 'unknown', code: '99999' });
  });

  it('accepts an empty success and a numeric code', () => {
    expect(readEnvelope(parseJson('{"code":"0","data":[],"msg":""}'))).toEqual({ ok: true, data: [] });
    expect(readEnvelope(parseJson('{"code":0,"data":[{"a":1}]}'))).toEqual({ ok: true, data: [{ a: '1' }] });
  });

  it('takes 51000 about an amount for its decimals, about anything else for a bug', () => {
    expect(failureOf(coded('51000', 'Parameter collateralAmt error', 400))).toMatchObject({ effect: 'precision' });
    expect(failureOf(coded('51000', 'Parameter ordId error', 400))).toMatchObject({ effect: 'unavailable' });
  });
});

describe('reads', () => {
  it.each([
    ['50011', 'rateLimited'],
    ['50102', 'clock'],
    ['50110', 'permission'],
    ['50113', 'permission'],
    ['50001', 'unavailable'],
    ['51063', 'unavailable'],
  ] as const)('%s is %s', (code, kind) => {
    expect(readError('loan-info', failureOf(coded(code, 'x')))).toMatchObject({ kind, code });
  });
});
