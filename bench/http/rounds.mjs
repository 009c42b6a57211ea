/**
 * Turns in rounds: in each, every contestant of every group has one turn after the other, so that a machine that is busy for
 * a while is busy for all. Every other round goes backwards: none comes first each time. Gives, per group and contestant,
 * what its turns have measured, in the order of the rounds.
 */
export async function takeRounds(groups, rounds, take, onRound = () => {}) {
  const results = new Map(
    groups.map(({ name, contestants }) => [name, new Map(contestants.map((one) => [one.name, []]))]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const group of groups) {
      const order = round % 2 === 0 ? group.contestants : [...group.contestants].reverse();
      for (const one of order)
        results
          .get(group.name)
          .get(one.name)
          .push(await take(group, one));
    }
    onRound(round);
  }
  return results;
}
