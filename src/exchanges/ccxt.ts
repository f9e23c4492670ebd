/**
 * The two exchanges of ccxt that are used, without the hundred others. Its package offers only all of them at once, which
 * costs every process a quarter of a second and sixty megabytes; so their files are loaded by where they lie beside the
 * one that it offers. ccxt is pinned exactly: a version that moves them fails at the first start, and in every test of a
 * signature (ADR 006).
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type ccxt from 'ccxt';

type Pro = typeof ccxt.pro;

const offered = pathToFileURL(createRequire(import.meta.url).resolve('ccxt'));

async function load<Name extends 'binance' | 'okx'>(name: Name): Promise<Pro[Name]> {
  const { href } = new URL(`../js/src/pro/${name}.js`, offered);
  const { default: exchange } = (await import(href)) as { readonly default: Pro[Name] };
  return exchange;
}

/** Signs, and streams prices. */
export const Binance = await load('binance');
export const Okx = await load('okx');
