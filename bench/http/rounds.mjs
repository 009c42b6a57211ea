/**
 * Turns in rounds: in each round, every contestant of every group has one turn after the other, so that a temporarily busy machine
 * affects all of them. Every second round runs in reverse order, so that none is always first. Returns, per group and contestant,
 * the measurements of its turns, in the order of the rounds.
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
