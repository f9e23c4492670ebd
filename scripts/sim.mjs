/** `npm run sim`: seeded simulations, straight from their TypeScript (docs/simulation.md). */
import '../test/support/typescript.mjs';

process.setSourceMapsEnabled(true);
await import('../test/sim/main.ts');
