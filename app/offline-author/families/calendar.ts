import type { Family } from '../family.ts';
import type { Idea } from '../idea.ts';

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];

function rules(idea: Idea): { condition: string; rule: string } {
  const day = weekdays.findIndex((name) => idea.mentions(new RegExp(`\\b${name}s?\\b`)));
  if (day >= 0) {
    idea.note(`the idea names ${weekdays[day] ?? ''}s`);
    // Decided at the close before the day, because a position fills at the next open.
    const before = (day + 4) % 5;
    return {
      condition: `bars.index.dayofweek == ${before}`,
      rule: `invested on ${weekdays[day] ?? ''}s only`,
    };
  }
  if (idea.mentions(/\bsell in may\b|\bhalloween\b|\bwinter\b|\bsummer\b|\bnovember\b/)) {
    idea.note('the idea means the half-year effect: November to April');
    return {
      condition: '(bars.index.month >= 11) | (bars.index.month <= 4)',
      rule: 'invested from November to April only',
    };
  }
  const last = idea.number({
    what: 'last calendar days of the month',
    given: idea.captured(/last (\d) (?:\w+ )?days/),
    usual: [3, 4, 5],
    min: 1,
    max: 10,
  });
  const first = idea.number({
    what: 'first calendar days of the month',
    given: idea.captured(/first (\d) (?:\w+ )?days/),
    usual: [3, 4, 5],
    min: 1,
    max: 10,
  });
  return {
    condition: `(bars.index.days_in_month - bars.index.day < ${last}) | (bars.index.day <= ${first})`,
    rule: `invested in the last ${last} and the first ${first} calendar days of each month`,
  };
}

export const seasonality: Family = {
  name: 'seasonality',
  title: 'Calendar effect',
  view: 'Salaries, funds and rebalancing move money on fixed dates, which has favoured some days; calendar effects are weak, well known and may have gone.',
  cues: [
    {
      pattern:
        /\bturn[- ]of[- ](?:the[- ])?month\b|\bmonth[- ]end\b|\bend of (?:the )?month\b|\b(?:first|last) (?:\d )?(?:trading )?days of (?:the|each|every) month\b/,
      weight: 5,
    },
    {
      pattern:
        /\bseason(?:al|ality|s)?\b|\bcalendar\b|\bsell in may\b|\bhalloween\b|\bday[- ]of[- ](?:the[- ])?week\b/,
      weight: 4,
    },
    { pattern: /\b(?:monday|tuesday|wednesday|thursday|friday)s?\b/, weight: 3 },
  ],
  design(idea) {
    const { condition, rule } = rules(idea);
    return {
      constants: [],
      body: `# Only the date of the bar itself: the calendar is known in advance, prices are not.
in_season = ${condition}
return pd.Series(np.where(in_season, LONG, SHORT), index=bars.index)`,
      warmupBars: 1,
      rule,
    };
  },
};
