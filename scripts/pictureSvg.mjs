/**
 * The drawing of `picture.mjs`: data in, SVG text out, nothing else. The background is opaque and the colours follow the
 * reader's own scheme, so that it can be read on light and on dark pages.
 */

const WIDTH = 920;
const LEFT = 58;
const RIGHT = 760;
const STRIP = { top: 64, height: 70 };
const PANEL_HEIGHT = 236;
const PANELS_FROM = 186;
const PANEL_GAP = 66;

const STYLE = `
    svg { --back: #ffffff; --ink: #1f2328; --soft: #59636e; --rule: #d1d9e0; --ours: #0969da; --control: #818b98; --line: #cf222e; --hot: #fff1e5; --hotter: #ffebe9 }
    @media (prefers-color-scheme: dark) {
      svg { --back: #0d1117; --ink: #e6edf3; --soft: #9198a1; --rule: #3d444d; --ours: #4493f8; --control: #8b949e; --line: #f85149; --hot: #2b2113; --hotter: #331a1c }
    }
    text { font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--ink) }
    .head { font-size: 16px; font-weight: 600 }
    .title { font-weight: 600 }
    .soft { fill: var(--soft) }
    .lineWord { fill: var(--line) }
    .ours { fill: none; stroke: var(--ours); stroke-width: 2; stroke-linejoin: round }
    .control { fill: none; stroke: var(--control); stroke-width: 1.5; stroke-linejoin: round }
    .price { fill: none; stroke: var(--ink); stroke-width: 1.2; stroke-linejoin: round }
    .grid { stroke: var(--rule); stroke-width: 1 }
    .level { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 3 }
    .edge { stroke: var(--line); stroke-width: 1.6 }
    .cross { stroke: var(--line); stroke-width: 2.4 }
    .mark { fill: var(--ours); stroke: var(--back); stroke-width: 1.5 }
    .number { font-size: 10px; font-weight: 700; fill: var(--back) }`;

const fixed = (value) => String(Math.round(value * 10) / 10);
const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x, y, words, css = '', anchor = 'start') =>
  `<text x="${fixed(x)}" y="${fixed(y)}"${css === '' ? '' : ` class="${css}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escape(words)}</text>`;
const rule = (x1, y1, x2, y2, css) =>
  `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" class="${css}"/>`;

/** `minutes, value, minutes, value, …` as pairs. */
function pairs(flat) {
  return flat.flatMap((at, index) => (index % 2 === 0 ? [[at, flat[index + 1]]] : []));
}

function path(points, x, y, css) {
  const steps = points.map(([at, value], index) => `${index === 0 ? 'M' : 'L'}${fixed(x(at))} ${fixed(y(value))}`);
  return `<path d="${steps.join('')}" class="${css}"/>`;
}

/** `2021-05-19T12:00:00.000Z` and 90 → `13:30`. */
function clock(from, minutesLater) {
  return new Date(Date.parse(from) + minutesLater * 60_000).toISOString().slice(11, 16);
}

const thousands = (amount) => amount.replace(/\B(?=(\d{3})+$)/g, ' ');

function hours({ from, to }, x, top, bottom) {
  const length = (Date.parse(to) - Date.parse(from)) / 60_000;
  const drawn = [];
  for (let at = 0; at <= length; at += 180) {
    drawn.push(rule(x(at), top, x(at), bottom, 'grid'), text(x(at), bottom + 16, clock(from, at), 'soft', 'middle'));
  }
  return drawn;
}

/** The price that did it, in a strip of its own. */
function strip(data, x) {
  const { top, height } = STRIP;
  const btc = pairs(data.btc);
  const prices = btc.map(([, price]) => price);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const y = (price) => top + height - ((price - low) / (high - low)) * height;
  const label = (price) => `${thousands(price.toFixed(0))} USD`;
  return [
    ...hours(data, x, top, top + height).filter((one) => one.startsWith('<line')),
    text(LEFT, top - 8, 'Bitcoin, USD', 'title'),
    path(btc, x, y, 'price'),
    text(RIGHT + 8, y(high) + 4, label(high), 'soft'),
    text(RIGHT + 8, y(low) + 4, label(low), 'soft'),
  ];
}

function panel(data, loan, x, top) {
  const { levels } = loan;
  const [acted, control] = [pairs(loan.acted.ltv), pairs(loan.control.ltv)];
  const everything = [...acted, ...control].map(([, ltv]) => ltv);
  const floor = Math.floor(Math.min(...everything, levels.target) - 1);
  const ceiling = Math.ceil(Math.max(...everything, levels.line) + 1);
  const bottom = top + PANEL_HEIGHT;
  const y = (ltv) => bottom - ((ltv - floor) / (ceiling - floor)) * PANEL_HEIGHT;
  const band = (from, to, colour) =>
    `<rect x="${LEFT}" y="${fixed(y(to))}" width="${RIGHT - LEFT}" height="${fixed(y(from) - y(to))}" style="fill: var(${colour})"/>`;
  const level = (name, words) => [
    rule(LEFT, y(levels[name]), RIGHT, y(levels[name]), name === 'line' ? 'edge' : 'level'),
    text(RIGHT + 8, y(levels[name]) + 4, `${words} ${levels[name]} %`, name === 'line' ? 'lineWord' : 'soft'),
  ];
  const ticks = [];
  for (let ltv = Math.ceil(floor / 5) * 5; ltv <= ceiling; ltv += 5) {
    ticks.push(text(LEFT - 8, y(ltv) + 4, `${ltv} %`, 'soft', 'end'));
  }
  return [
    text(LEFT, top - 10, `LTV of ${loan.title}`, 'title'),
    band(levels.act, levels.urgent, '--hot'),
    band(levels.urgent, levels.line, '--hotter'),
    ...hours(data, x, top, bottom),
    ...ticks,
    ...level('line', 'line'),
    ...level('urgent', 'urgent'),
    ...level('act', 'act'),
    ...level('target', 'target'),
    path(control, x, y, 'control'),
    ...end(data, loan.control, x, y),
    path(acted, x, y, 'ours'),
    ...end(data, loan.acted, x, y),
    ...loan.actions.flatMap((action, index) => mark(action, index + 1, x, y)),
    ...loan.actions.map((action, index) =>
      text(LEFT + 10, bottom - 12 - (loan.actions.length - 1 - index) * 17, actionWords(data, action, index + 1)),
    ),
  ];
}

/** Where the venue liquidated it, if it did. */
function end(data, { lost }, x, y) {
  if (lost === null) return [];
  const [px, py] = [x(lost[0]), y(lost[1])];
  return [
    rule(px - 6, py - 6, px + 6, py + 6, 'cross'),
    rule(px - 6, py + 6, px + 6, py - 6, 'cross'),
    text(px + 12, py - 8, `liquidated ${clock(data.from, lost[0])}`, 'lineWord'),
  ];
}

/** A number where the loan stood when it was acted on. */
function mark({ at, from }, number, x, y) {
  return [
    `<circle cx="${fixed(x(at))}" cy="${fixed(y(from))}" r="7.5" class="mark"/>`,
    text(x(at), y(from) + 3.5, String(number), 'number', 'middle'),
  ];
}

function actionWords({ from }, action, number) {
  const what = action.transfer ? 'moves in and repays' : 'repays';
  const ltv = `LTV ${action.from.toFixed(1)} → ${action.to.toFixed(1)} %`;
  return `${number}  ${clock(from, action.at)}  ${what} ${thousands(action.amount)} ${action.asset}: ${ltv}`;
}

/** @param {any} data as `picture.mjs` records it @returns {string} */
export function drawPicture(data) {
  const length = (Date.parse(data.to) - Date.parse(data.from)) / 60_000;
  const x = (at) => LEFT + (at / length) * (RIGHT - LEFT);
  const topOf = (index) => PANELS_FROM + index * (PANEL_HEIGHT + PANEL_GAP);
  const height = topOf(data.loans.length) - 14;
  const legend = height - 12;
  const head = `${data.from.slice(0, 10)}, UTC: real prices, simulated exchanges, the shipped policy`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="what">`,
    `<title id="what">LTV of two loans through the crash of 19 May 2021, with Ballast and without it</title>`,
    `<style>${STYLE}\n  </style>`,
    `<rect width="100%" height="100%" style="fill: var(--back)"/>`,
    text(LEFT, 28, head, 'head'),
    ...strip(data, x),
    ...data.loans.flatMap((loan, index) => panel(data, loan, x, topOf(index))),
    rule(LEFT, legend - 4, LEFT + 26, legend - 4, 'ours'),
    text(LEFT + 34, legend, 'with Ballast; a number where it acts'),
    rule(LEFT + 270, legend - 4, LEFT + 296, legend - 4, 'control'),
    text(LEFT + 304, legend, 'control run: the same loan, nobody acts'),
    '</svg>',
  ].join('\n')}\n`;
}
