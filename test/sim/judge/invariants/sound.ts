import type { Invariant } from '../log.ts';
import { cursor } from '../log.ts';

/** Nothing that a venue, a network or a Redis does may be thrown as a bug (ARCHITECTURE "Errors"). */
export const sound: Invariant = {
  name: 'sound',
  keeps: 'what a venue does is a value; only bugs are thrown, and no machine meets an event that it does not know',
  judge: (log) => {
    const thrown = cursor(log.thrown);
    const told = cursor(log.told);
    return {
      *step() {
        for (const { what } of thrown()) yield `thrown: ${what}`;
        for (const { event } of told()) {
          if (event.type === 'alert' && event.category === 'machine') yield event.says;
        }
      },
    };
  },
};
