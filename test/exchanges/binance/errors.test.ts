import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findRow, toVenueError } from '../../../src/exchanges/errorTable.ts';
import { BINANCE_ERRORS, failureOf, wireErrorOf } from '../../../src/exchanges/binance/errors.ts';
import { parseJson } from '../../../src/exchanges/json.ts';
import type { HttpReply } from '../../../src/exchanges/transport.ts';

const WALL = Date.UTC(2026, 10, 21, 12, 0, 20);

function reply(status: number, body: string, headers: Record<string, string> = {}): HttpReply {
  return { kind: 'reply', status, headers, text: body, json: parseJson(body) };
}

function refusal(
  status: number,
  code: string,
  msg: string,
  headers: Record<string, string> = {},
): ReturnType<typeof failureOf> {
  return failureOf(reply(status, JSON.stringify({ code: Number(code), msg }), headers), WALL);
}

describe('every row of the table', () => {
  it.each(BINANCE_ERRORS.rows.map((row) => [row.code, row.sample, row] as const))('%s %s', (code, sample, row) => {
    expect(findRow(BINANCE_ERRORS, { code, text: sample })).toBe(row);
    const failure = refusal(400, code, sample);
    expect(failure.outcome).toBe(row.outcome);
    expect(failure.code).toBe(code);
    if (failure.outcome === 'rejected') {
      expect(failure.effect).toBe(row.effect);
      expect(failure.meaning).toBe(row.meaning);
    }
    expect(refusal(502, code, sample).outcome, 'a 5xx outranks the body').toBe('unknown');
    expect(row.source).toMatch(/^binance\.md §8\.[1-4]/);
    expect(readFileSync('docs/error-codes.md', 'utf8'), 'documented').toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
  });

  it('has no two rows that could never be told apart', () => {
    const plain = BINANCE_ERRORS.rows.filter((row) => row.text === null).map((row) => row.code);
    expect(new Set(plain).size).toBe(plain.length);
  });
});

describe('codes with two meanings', () => {
  it.each([
    ['-3008', 'Borrow Failed. You have pending transcation, please try again later.', 'pending'],
    ['-3008', 'Borrow not allowed.', 'unavailable'],
    ['-3015', 'Repay amount exceeds borrow amount.', 'exceedsDebt'],
    ['-3015', 'The unpaid debt is too small after this repayment.', 'dust'],
    ['-5012', 'FUTURE_ACCT_OR_SUBRELATION_NOT_EXIST', 'unavailable'],
    ['-9000', 'user have no avaliable amount', 'funds'],
    ['-9000', 'com.binance.assetservice.AssetErrorCode.USER_OUT_OF_TRANSFER_FLOAT', 'unavailable'],
  ])('%s “%s” → %s', (code, text, effect) => {
    expect(refusal(400, code, text)).toMatchObject({ outcome: 'rejected', effect });
  });

  it.each([
    ['-5012', 'Asset transfer is in pending.'],
    ['-5012', ''],
    ['-3015', 'something new'],
    ['-9000', 'service error'],
  ])('%s “%s” proves nothing', (code, text) => {
    expect(refusal(400, code, text).outcome).toBe('unknown');
  });
});

describe('what no row covers', () => {
  it.each([
    [400, '{"code":-77777,"msg":"new"}'],
    [400, '<html></html>'],
    [400, ''],
    [401, ''],
    [404, ''],
    [307, ''],
    [500, '{"code":-3015,"msg":"Repay amount exceeds borrow amount."}'],
    [503, '{"code":-1008,"msg":"overloaded"}'],
    [504, '<html>'],
    [200, '{"code":-77777,"msg":"new"}'],
  ])('%s %s is unknown', (status, body) => {
    expect(failureOf(reply(status, body), WALL).outcome).toBe('unknown');
  });

  it('reads no code out of things that are not the envelope', () => {
    for (const body of ['[]', '{}', '{"code":"abc"}', '{"code":null}', 'null', '"x"', '{"code":{}}']) {
      expect(wireErrorOf(parseJson(body))).toBeNull();
    }
  });
});

describe('limits', () => {
  it('takes Retry-After in seconds', () => {
    expect(refusal(429, '-1003', 'Too many', { 'retry-after': '7' })).toMatchObject({
      effect: 'rateLimited',
      retryAfterMs: 7_000,
    });
    expect(failureOf(reply(418, '', { 'retry-after': '120' }), WALL)).toMatchObject({
      outcome: 'rejected',
      effect: 'banned',
      retryAfterMs: 120_000,
    });
  });

  it('waits for the next full minute when there is none, or it is zero', () => {
    expect(failureOf(reply(429, ''), WALL)).toMatchObject({ retryAfterMs: 41_000 });
    expect(failureOf(reply(429, '', { 'retry-after': '0' }), WALL)).toMatchObject({ retryAfterMs: 41_000 });
  });

  it('takes Retry-After as a date', () => {
    const date = new Date(WALL + 30_000).toUTCString();
    expect(failureOf(reply(429, '', { 'retry-after': date }), WALL)).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('reads the end of a ban from its text', () => {
    const msg = `Way too much request weight used; IP banned until ${String(WALL + 90_000)}. Please use WebSocket.`;
    expect(refusal(418, '-1003', msg, { 'retry-after': '1' })).toMatchObject({
      effect: 'banned',
      retryAfterMs: 90_000,
    });
    expect(refusal(400, '-1003', msg)).toMatchObject({ effect: 'banned', retryAfterMs: 90_000 });
  });

  it('takes the firewall for “not executed, come back in minutes”', () => {
    expect(failureOf(reply(403, '<html>'), WALL)).toMatchObject({
      outcome: 'rejected',
      effect: 'rateLimited',
      retryAfterMs: 300_000,
    });
  });
});

describe('the same failure as an error of a read', () => {
  it.each([
    [refusal(429, '-1003', 'x'), 'rateLimited'],
    [refusal(418, '-1003', 'x'), 'banned'],
    [refusal(400, '-1021', 'x'), 'clock'],
    [refusal(401, '-2015', 'x'), 'permission'],
    [refusal(400, '-3027', 'x'), 'unavailable'],
    [refusal(500, '-1', 'x'), 'unavailable'],
  ])('%o → %s', (failure, kind) => {
    expect(toVenueError('place', failure).kind).toBe(kind);
  });
});
