/** Terms of loans in words: what a debt costs, when interest falls due, how much more the venue would lend. */
import { coins, duration, percent } from '../core/words.ts';
import type { TermsAge, TermsRow } from '../reading/terms.ts';

const BINDS: Readonly<Record<string, string>> = {
  collateral: 'the collateral binds',
  limit: "the venue's limit binds",
  quota: 'a quota that other accounts share binds',
};

export function termsWords({ asset, ratePerYear, nextInterestMs, accrued, room }: TermsRow): string {
  const next =
    nextInterestMs === null
      ? []
      : [`next interest ${nextInterestMs <= 0 ? 'is due' : `in ${duration(nextInterestMs)}`}`];
  return [
    `${asset} at ${ratePerYear === null ? 'an unknown rate' : `${percent(ratePerYear)} a year`}`,
    ...(accrued === null ? [] : [`${coins(accrued)} accrued`]),
    ...next,
    room === null
      ? 'room to borrow unknown'
      : `room for ${coins(room.coins)} more (${BINDS[room.binds] ?? room.binds})`,
  ].join(', ');
}

export function ageWords({ ageMs, failed, gaps }: TermsAge): readonly string[] {
  return [
    ageMs === null ? 'rates and room were not read yet' : `rates and room as of ${duration(ageMs)} ago`,
    ...(failed === null ? [] : [`they could not be read again ${duration(failed.agoMs)} ago: ${failed.says}`]),
    ...gaps.map(({ section, reason }) => `not known: ${section}: ${reason}`),
  ];
}
