/** LTV over time against the bands of its policy. */
import uPlot from 'uplot';
import type { Point } from '../wire.ts';
import { dateOf } from './clock.ts';
import { h } from './dom.ts';
import { localText, utcText } from './times.ts';
import { percent } from './words.ts';

const [SHOWN, LTV, TARGET, ACT, URGENT, LINE] = [1, 2, 3, 4, 5, 6] as const;

export interface ChartOptions {
  readonly big: boolean;
  /** The time is that of a tape. */
  readonly tape: boolean;
  /** What the pointer is at, in words. */
  readonly onPoint?: (words: string) => void;
}

/** One chart that keeps its place while points come. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #none: HTMLElement;
  #points: readonly Point[] = [];
  #plot: uPlot | null = null;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#none = h('p', { class: 'none' }, 'no readings yet');
    this.element = h('div', { class: options.big ? 'chart big' : 'chart', role: 'img' }, this.#none);
    new ResizeObserver(() => {
      this.#fit();
    }).observe(this.element);
  }

  set(points: readonly Point[]): void {
    this.#points = points;
    this.element.setAttribute('aria-label', wordsOf(points));
    this.#none.hidden = points.length > 0;
    if (points.length === 0 || this.element.clientWidth === 0) return;
    if (this.#plot === null) this.#plot = new uPlot(this.#settings(), this.#data(), this.element);
    else this.#plot.setData(this.#data());
  }

  /** Colours changed. */
  redraw(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.set(this.#points);
  }

  #data(): uPlot.AlignedData {
    const column = (index: number): number[] => this.#points.map((point) => Number(point[index]));
    return [column(SHOWN).map((ms) => ms / 1_000), ...[LTV, TARGET, ACT, URGENT, LINE].map(column)];
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0) return;
    if (this.#plot === null) this.set(this.#points);
    else if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
  }

  #settings(): uPlot.Options {
    const { big, tape } = this.#options;
    const colour = colours();
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const rule = (stroke: string, dash?: number[]): uPlot.Series => ({
      ...{ stroke, width: 1, points: { show: false } },
      ...(dash === undefined ? {} : { dash }),
      ...(stepped === undefined ? {} : { paths: stepped }),
    });
    return {
      width: this.element.clientWidth,
      height: this.element.clientHeight,
      ...(tape ? { tzDate: (seconds: number) => uPlot.tzDate(dateOf(seconds * 1_000), 'Etc/UTC') } : {}),
      legend: { show: false },
      cursor: big ? { y: false, points: { size: 8 } } : { show: false },
      scales: { x: { time: true }, y: { range: (_, low, high) => span(low, high, this.#points) } },
      axes: big ? axes(colour) : [{ show: false }, { show: false }],
      padding: big ? [12, 14, 0, 0] : [6, 44, 6, 0],
      series: [
        {},
        { stroke: colour.ink, width: 2, points: { show: false } },
        rule(colour.soft, [4, 4]),
        rule('transparent'),
        rule('transparent'),
        rule(colour.bad),
      ],
      bands: [
        { series: [4, 3], fill: colour.act },
        { series: [5, 4], fill: colour.urgent },
      ],
      hooks: {
        draw: big ? [] : [(plot) => label(plot, this.#points, colour)],
        setCursor: [(plot) => this.#tell(plot)],
      },
    };
  }

  #tell({ cursor: { idx } }: uPlot): void {
    const point = typeof idx === 'number' ? this.#points[idx] : undefined;
    if (point === undefined) return;
    const when = this.#options.tape ? utcText(point[SHOWN]) : localText(point[SHOWN]);
    this.#options.onPoint?.(
      `${when}: LTV ${percent(point[LTV])}, acts at ${percent(point[ACT])}, line ${percent(point[LINE])}`,
    );
  }
}

function wordsOf(points: readonly Point[]): string {
  const newest = points.at(-1);
  if (newest === undefined) return 'LTV over time: no readings yet';
  const highest = Math.max(...points.map((point) => point[LTV]));
  return `LTV over time: now ${percent(newest[LTV])}, highest ${percent(highest)}; target ${percent(newest[TARGET])}, acts at ${percent(newest[ACT])}, urgent at ${percent(newest[URGENT])}, liquidated at ${percent(newest[LINE])}`;
}

/** From a little below what was seen to a little above the line: the distance is the point. */
function span(low: number, high: number, points: readonly Point[]): [number, number] {
  const newest = points.at(-1);
  const top = Math.max(high, newest?.[LINE] ?? high);
  const bottom = Math.min(low, newest?.[TARGET] ?? low);
  const room = Math.max(0.01, (top - bottom) * 0.08);
  return [Math.max(0, bottom - room), top + room];
}

interface Colours {
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly bad: string;
  readonly act: string;
  readonly urgent: string;
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of('accent'),
    soft: of('soft'),
    faint: of('faint'),
    bad: of('bad'),
    act: of('band-act'),
    urgent: of('band-urgent'),
  };
}

function axes({ soft, faint }: Colours): uPlot.Axis[] {
  const font = '12px system-ui, sans-serif';
  const common = { stroke: soft, font, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 } };
  return [
    { ...common, grid: { show: false }, space: 80 },
    { ...common, size: 56, values: (_, values) => values.map((value) => percent(value, 0)) },
  ];
}

/** The levels' numbers at the right edge of a small chart. */
function label(plot: uPlot, points: readonly Point[], { soft, bad }: Colours): void {
  const newest = points.at(-1);
  if (newest === undefined) return;
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  const rows = [
    { at: newest[LINE], colour: bad },
    { at: newest[ACT], colour: soft },
    { at: newest[TARGET], colour: soft },
  ];
  ctx.save();
  ctx.font = `${String(11 * scale)}px system-ui, sans-serif`;
  ctx.textBaseline = 'middle';
  let lowest = -Infinity;
  for (const { at, colour } of rows) {
    const y = Math.max(plot.valToPos(at, 'y', true), lowest + 12 * scale);
    lowest = y;
    ctx.fillStyle = colour;
    ctx.fillText(percent(at, 1), bbox.left + bbox.width + 6 * scale, y);
  }
  ctx.restore();
}
