/** Coins the server knows by name: a misspelt coin in a reserve or a ladder would otherwise protect or pay nothing, in silence. */
import type { Asset } from '../core/loan.ts';
import type { AssetGroup } from '../core/policy.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';
import type { AssetsShape } from './schema/server.ts';
import { nodeAt } from './tree.ts';
import type { Path } from './tree.ts';

/** Common coins of the two venues. Others are named under `assets:`. */
const COMMON = `
  USDT USDC FDUSD TUSD USDP DAI USDE USD1 RLUSD PYUSD BUSD EURI AEUR EURT EURC XUSD
  BTC WBTC ETH WETH WBETH BETH STETH WSTETH RETH SOL BNSOL OKSOL JITOSOL MSOL BNB OKB XRP ADA DOGE TRX TON AVAX DOT MATIC POL
  LTC BCH BSV ETC LINK UNI ATOM XLM XMR NEAR APT SUI SEI TIA INJ ARB OP STRK ZK IMX MNT METIS FIL ICP HBAR VET ALGO EOS XTZ
  KAVA FTM S EGLD FLOW MINA KAS KSM ZEC DASH NEO QTUM IOTA ONT ZIL WAVES CELO ROSE ONE THETA CFX STX RUNE CAKE
  AAVE MKR SKY COMP SNX CRV CVX LDO PENDLE ENA ETHFI EIGEN RPL SUSHI YFI BAL 1INCH DYDX GMX JUP JTO RAY ORCA PYTH W ZRO ONDO
  GRT RENDER RNDR FET TAO WLD AR ENS MASK LPT BAT MANA SAND AXS GALA APE ILV MAGIC CHZ BLUR
  SHIB PEPE FLOKI BONK WIF MEME TURBO BOME PEOPLE NEIRO PNUT TRUMP ORDI SATS RATS NOT DOGS HMSTR CATI
  PAXG XAUT HYPE VIRTUAL MORPHO AERO SUPER GAS JASMY IOTX ANKR SKL CKB LUNC LUNA USTC FTT BTT WIN HOT DENT OM
`
  .trim()
  .split(/\s+/);

/** What common coins stand for; `assets:` overrides it. */
const GROUPS: Readonly<Record<Asset, AssetGroup>> = {
  ...Object.fromEntries(
    ['USDT', 'USDC', 'FDUSD', 'TUSD', 'USDP', 'DAI', 'PYUSD', 'RLUSD'].map((one) => [
      one,
      { wraps: null, stable: 'USD' },
    ]),
  ),
  ...Object.fromEntries(
    ['WETH', 'WBETH', 'BETH', 'STETH', 'WSTETH', 'RETH'].map((one) => [one, { wraps: 'ETH', stable: null }]),
  ),
  ...Object.fromEntries(['BNSOL', 'OKSOL', 'JITOSOL', 'MSOL'].map((one) => [one, { wraps: 'SOL', stable: null }])),
  WBTC: { wraps: 'BTC', stable: null },
};

/** Checks names of coins against the common ones and those of the file. */
export class KnownAssets {
  readonly #report: Report;
  readonly #known: ReadonlySet<string>;

  constructor(report: Report) {
    this.#report = report;
    const named = nodeAt(report.tree, ['assets']);
    this.#known = new Set([...COMMON, ...(named?.kind === 'map' ? named.entries.keys() : [])]);
  }

  has(asset: Asset): boolean {
    return this.#known.has(asset);
  }

  /** Tells when the coin is not known; `false` then. */
  check(asset: Asset, path: Path): boolean {
    if (this.has(asset)) return true;
    const near = nearest(asset, this.#known);
    const question = near === undefined ? '' : `did you mean ${near}? `;
    this.#report.error(
      path,
      `\`${asset}\` is not a coin the server knows`,
      `${question}if it is a real asset, name it under assets: \`${asset}: {}\``,
    );
    return false;
  }
}

/** Built-in groups with those of the file laid over them. */
export function readGroups(
  report: Report,
  known: KnownAssets,
  shape: AssetsShape,
): Readonly<Record<Asset, AssetGroup>> {
  const groups: Record<Asset, AssetGroup> = { ...GROUPS };
  for (const [asset, group] of Object.entries(shape)) {
    const path = ['assets', asset];
    if (group.wraps === asset) report.error([...path, 'wraps'], 'wraps itself', 'name the coin inside it');
    else if (group.wraps !== undefined) known.check(group.wraps, [...path, 'wraps']);
    if (group.wraps !== undefined && group.stable !== undefined) {
      report.error(path, 'is both a wrapped coin and a stable coin', 'keep `wraps` or `stable`');
    }
    if (group.wraps !== undefined || group.stable !== undefined) {
      groups[asset] = { wraps: group.wraps ?? null, stable: group.stable ?? null };
    }
  }
  return groups;
}
