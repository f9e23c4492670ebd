/**
 * Documented Binance answers, as other projects and the venue's own pages keep them, through our readers, and the
 * venue's published signing vectors and worked examples. They live beside the project and may not be copied into it;
 * without them this suite says that it was skipped.
 */
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from '../../src/core/money.ts';
import type { BinanceClient } from '../../src/exchanges/binance/client.ts';
import { signBinance } from '../../src/exchanges/binance/ccxtSigner.ts';
import { levelInterval, readCrossAccount, readThresholds } from '../../src/exchanges/binance/crossView.ts';
import { ENDPOINTS, type Endpoint } from '../../src/exchanges/binance/endpoints.ts';
import { acceptAdjust, acceptRepay } from '../../src/exchanges/binance/flexibleReplies.ts';
import { readPosition, readThresholds as readLoanThresholds } from '../../src/exchanges/binance/flexibleView.ts';
import { readPair, readTiers } from '../../src/exchanges/binance/isolatedMargin.ts';
import { PriceBook } from '../../src/exchanges/binance/priceBook.ts';
import { readFlow, readLoanRecords, readTransfers } from '../../src/exchanges/binance/records.ts';
import { assetRules } from '../../src/exchanges/binance/rules.ts';
import { acceptTranId, readSpot } from '../../src/exchanges/binance/wallet.ts';
import { isObject, parseJson, type Json } from '../../src/exchanges/json.ts';
import { Reader } from '../../src/exchanges/parse.ts';
import { FakeBinance, SIGNAL, clientFor, transports } from '../exchanges/binance/fake.ts';

const FIXTURES = fileURLToPath(new URL('../../../shared/data/fixtures/', import.meta.url));
const FOLDER = `${FIXTURES}responses/binance/`;
const present = existsSync(FOLDER);

interface Case {
  readonly file: string;
  readonly route: string;
  readonly body: Json;
}

function cases(): Case[] {
  if (!present) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .flatMap((file): Case[] => {
      const whole = parseJson(readFileSync(FOLDER + file, 'utf8'));
      if (!isObject(whole)) return [];
      const { method, path, body } = whole;
      return typeof method === 'string' && typeof path === 'string' && body !== undefined && body !== null
        ? [{ file, route: `${method} ${path}`, body }]
        : [];
    });
}

type Read = (client: BinanceClient, body: Json) => unknown;

function reading(endpoint: Endpoint, use: (json: Json) => unknown): Read {
  return async (client) => use(await client.read(endpoint, {}, {}));
}

const BASE = '/sapi/v2/loan/flexible';
/** Our reader of each endpoint that we read. */
const READERS: Readonly<Record<string, Read>> = {
  'GET /sapi/v1/margin/account': reading(ENDPOINTS.marginAccount, (json) => {
    const account = readCrossAccount(Reader.of(json, 'x'));
    expect(account.assets.length).toBeGreaterThan(0);
    const level = levelInterval(account.marginLevel);
    const ratio = account.totalLiabilityOfBtc.div(account.totalAssetOfBtc);
    expect(
      ratio
        .minus(level?.low ?? 0)
        .abs()
        .lt('0.000001'),
    ).toBe(true);
  }),
  'GET /sapi/v1/margin/tradeCoeff': reading(ENDPOINTS.tradeCoeff, (json) => readThresholds(Reader.of(json, 'x'))),
  'GET /sapi/v1/margin/isolated/account': reading(ENDPOINTS.isolatedAccount, (json) =>
    Reader.of(json, 'x').list('assets').map(readPair),
  ),
  'GET /sapi/v1/margin/isolatedMarginTier': reading(ENDPOINTS.isolatedTier, (json) =>
    readTiers(Reader.list(json, 'x')),
  ),
  'GET /sapi/v1/margin/maxTransferable': reading(ENDPOINTS.maxTransferable, (json) =>
    Reader.of(json, 'x').amount('amount'),
  ),
  'GET /sapi/v1/margin/allAssets': async (client) => {
    expect((await assetRules(client))?.size).toBeGreaterThan(0);
  },
  'GET /sapi/v1/margin/priceIndex': async (client, body) => {
    const symbol = Reader.of(body, 'x').text('symbol');
    const book = new PriceBook(client, true);
    if (symbol.endsWith('USDT')) expect(await book.price(symbol.slice(0, -4))).not.toBeNull();
    // A pair that is not against USDT: the reader itself says that the answer is about another symbol.
    else await expect(book.price('BTC')).rejects.toMatchObject({ kind: 'malformed' });
  },
  'GET /sapi/v1/margin/borrow-repay': async (client) => {
    const page = await readLoanRecords(client, { type: 'REPAY', asset: 'BNB', symbol: '', since: 1 }, SIGNAL);
    expect(page.rows.every((row) => row.status === 'confirmed' && row.amount.gt(0))).toBe(true);
    expect(page.rows.length).toBeGreaterThan(0);
  },
  'GET /sapi/v1/margin/capital-flow': async (client) => {
    const page = await readFlow(client, { type: 'REPAY', asset: 'USDT', symbol: '', since: 1 }, SIGNAL);
    expect(page.rows.every((row) => /^\d+$/.test(row.tranId) && row.amount.gt(0))).toBe(true);
  },
  'GET /sapi/v1/asset/transfer': async (client) => {
    const page = await readTransfers(client, { type: 'MAIN_MARGIN', symbol: '', since: 1 }, SIGNAL);
    expect(page).toMatchObject({ complete: true });
    expect(page.rows.length).toBeGreaterThan(0);
  },
  'POST /sapi/v3/asset/getUserAsset': async (client) => {
    expect(Object.keys((await readSpot(client, 0, SIGNAL)).free).length).toBeGreaterThan(0);
  },
  'POST /sapi/v1/asset/transfer': (_client, body) => {
    expect(acceptTranId(body)).toMatchObject({ outcome: 'accepted' });
  },
  'POST /sapi/v1/margin/borrow-repay': (_client, body) => {
    expect(acceptTranId(body)).toMatchObject({ outcome: 'accepted' });
  },
  [`GET ${BASE}/ongoing/orders`]: reading(ENDPOINTS.flexibleOrders, (json) =>
    Reader.of(json, 'x').list('rows').map(readPosition),
  ),
  [`GET ${BASE}/collateral/data`]: reading(ENDPOINTS.flexibleCollateral, (json) =>
    readLoanThresholds(Reader.of(json, 'x')),
  ),
  [`POST ${BASE}/repay`]: (_client, body) => {
    expect(acceptRepay(body, 'BUSD', 'BNB')).toMatchObject({ outcome: 'accepted' });
  },
  [`POST ${BASE}/adjust/ltv`]: (_client, body) => {
    expect(acceptAdjust(body, 'BUSD', 'BNB')).toMatchObject({ outcome: 'accepted' });
  },
};

const all = cases();
const known = all.filter(({ route }) => READERS[route] !== undefined);
const fakes: FakeBinance[] = [];
afterAll(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const fake of fakes) fake.stop();
});

describe.skipIf(!present)(
  'documented answers (skipped: ../shared/data/fixtures/responses/binance is not there)',
  () => {
    it.each(known)('$route of $file', async ({ route, body }) => {
      const fake = await FakeBinance.start({ [route]: JSON.stringify(body) });
      fakes.push(fake);
      await READERS[route]?.(clientFor(fake), body);
    });

    it('are there for every reader', () => {
      const seen = new Set(known.map(({ route }) => route));
      expect(Object.keys(READERS).filter((route) => !seen.has(route))).toEqual([]);
    });
  },
);

describe.skipIf(!present)('published vectors (skipped: ../shared/data/fixtures is not there)', () => {
  it('sign to what the venue prints', () => {
    const file = Reader.of(parseJson(readFileSync(`${FIXTURES}binance-signature-vectors.json`, 'utf8')), 'vectors');
    const secret = file.text('secretKey');
    const vectors = file.list('vectors');
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) {
      const payload = vector.text('payload');
      expect(createHmac('sha256', secret).update(payload).digest('hex')).toBe(vector.text('signature'));
      // Ours puts the window last, so the text differs; what is signed is exactly what is sent.
      const key = { id: { reveal: () => file.text('apiKey') }, secret: { reveal: () => secret } };
      const params = Object.fromEntries(new URLSearchParams(payload));
      const { body } = signBinance('https://x', key, ENDPOINTS.borrowRepay, params);
      const [sent, signature] = body.split('&signature=');
      expect(
        createHmac('sha256', secret)
          .update(sent ?? '')
          .digest('hex'),
      ).toBe(signature);
      expect(Object.fromEntries(new URLSearchParams(sent))).toEqual(params);
    }
  });

  it('give the margin level of the worked example', () => {
    const examples = Reader.list(parseJson(readFileSync(`${FIXTURES}worked-examples.json`, 'utf8')), 'examples');
    const inputs = examples.find((one) => one.text('id') === 'W01')?.object('inputs');
    const ratio = inputs?.dec('totalLiabilityOfBtc').div(inputs.dec('totalAssetOfBtc'));
    const printed = levelInterval(parse('11.64405625'));
    expect(
      ratio
        ?.minus(printed?.high ?? 0)
        .abs()
        .lt('0.000001'),
    ).toBe(true);
  });
});
