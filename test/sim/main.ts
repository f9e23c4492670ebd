import { runSeed } from './run.ts';
const [from = '1', count = '1', show = ''] = process.argv.slice(2);
let t0 = performance.now();
let steps = 0,
  looks = 0,
  sends = 0,
  bad = 0;
for (let s = Number(from); s < Number(from) + Number(count); s++) {
  const t = performance.now();
  const o = await runSeed(s, { rewinds: false });
  steps += o.steps;
  looks += o.counts.looks;
  sends += o.sends;
  if (o.violation) {
    bad++;
    console.log(s, o.violation.invariant, o.violation.says.slice(0, 300));
  }
  if (show) {
    console.log(o.trace.join('\n'));
    console.log(performance.now() - t, o.steps, o.virtualMs, o.counts, o.sends, o.confirmed);
  }
}
console.log({
  ms: performance.now() - t0,
  steps,
  looks,
  sends,
  bad,
  perSeed: (performance.now() - t0) / Number(count),
});
