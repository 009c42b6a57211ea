// Claims predicates compared with jsonata, CEL and filtrex: `npm run bench:micro -- --only predicates`, after `make build`.
//
// The expressions are those of Traefik's page about claims, written in each language as its own documentation would write them.
// First, every contender must return the same results, for claims that pass and for claims that do not. Processor time is counted.
import { createRequire } from 'node:module';
import { Environment } from '@marcbachmann/cel-js';
import jsonata from 'jsonata';
import { compileClaims } from '../../packages/middleware/dist/claims/compile.js';
import { parseClaims } from '../../packages/middleware/dist/claims/parse.js';
import { report } from './lib/report.mjs';
import { compare, nanoseconds, roundsOr, spreadText } from './lib/rounds.mjs';
import { printTable } from './lib/table.mjs';

// Its import would load the build for browsers.
const { compileExpression } = createRequire(import.meta.url)('filtrex');

const rounds = roundsOr(15);
const passing = JSON.stringify({
  active: true,
  grp: 'admin',
  scope: 'reader writer deploy',
  referrer: 'http://example.com/foo/bar',
  areas: ['office', 'home'],
  user: { name: 'John Snow', status: 'undead' },
});
/** Every expression has the opposite result for these. */
const failing = JSON.stringify({
  active: false,
  grp: 'testers',
  scope: 'reader rewriter deploy',
  referrer: 'https://example.com/foo',
  areas: ['street'],
  user: { name: 'Arya Stark', status: 'alive' },
});

const questions = [
  {
    grantgate: 'Equals(`grp`, `admin`)',
    jsonata: 'grp = "admin"',
    cel: 'grp == "admin"',
    filtrex: 'grp == "admin"',
  },
  {
    grantgate: 'Prefix(`referrer`, `http://example.com`)',
    jsonata: '$substring(referrer, 0, 18) = "http://example.com"',
    cel: 'referrer.startsWith("http://example.com")',
    filtrex: 'startsWith(referrer, "http://example.com")',
  },
  {
    grantgate: 'Contains(`referrer`, `/foo/`)',
    jsonata: '$contains(referrer, "/foo/")',
    cel: 'referrer.contains("/foo/")',
    filtrex: 'contains(referrer, "/foo/")',
  },
  {
    grantgate: 'Contains(`areas`, `home`)',
    jsonata: '"home" in areas',
    cel: '"home" in areas',
    filtrex: '"home" in areas',
  },
  {
    grantgate: 'SplitContains(`scope`, ` `, `writer`)',
    jsonata: '"writer" in $split(scope, " ")',
    cel: '"writer" in scope.split(" ")',
    filtrex: '"writer" in split(scope, " ")',
  },
  {
    grantgate: 'OneOf(`areas`, `office`, `lab`)',
    jsonata: '"office" in areas or "lab" in areas',
    cel: '"office" in areas || "lab" in areas',
    filtrex: '"office" in areas or "lab" in areas',
  },
  {
    grantgate: 'Equals(`grp`, `admin`) && Equals(`active`, `true`)',
    jsonata: 'grp = "admin" and active = true',
    cel: 'grp == "admin" && active == true',
    filtrex: 'grp == "admin" and active',
  },
  {
    grantgate: '!Equals(`grp`, `testers`)',
    jsonata: '$not(grp = "testers")',
    cel: '!(grp == "testers")',
    filtrex: 'not (grp == "testers")',
  },
  {
    grantgate: 'Equals(`user.name`, `John Snow`)',
    jsonata: 'user.name = "John Snow"',
    cel: 'user.name == "John Snow"',
    filtrex: 'name of user == "John Snow"',
  },
];

// filtrex has no functions for texts: an application would add these three.
const extraFunctions = {
  startsWith: (text, prefix) => text.startsWith(prefix),
  contains: (text, part) => text.includes(part),
  split: (text, separator) => text.split(separator),
};
const environment = new Environment({ unlistedVariablesAreDyn: true });

/** Name to functions that compile a source and read the payload of a token, and whether the result is a promise. */
const languages = {
  grantgate: {
    compile(source) {
      const compiled = compileClaims(source);
      if (!compiled.ok) throw new Error(compiled.diagnostics[0].message);
      return compiled.evaluate;
    },
    read: parseClaims,
  },
  jsonata: {
    compile(source) {
      const expression = jsonata(source);
      return (claims) => expression.evaluate(claims);
    },
    read: JSON.parse,
    waits: true,
  },
  cel: { compile: (source) => environment.parse(source), read: JSON.parse },
  filtrex: { compile: (source) => compileExpression(source, { extraFunctions }), read: JSON.parse },
};
const names = Object.keys(languages);

await checkVerdicts();
const compiled = await compareCompiling();
const evaluated = await compareEvaluating();
const read = await compareReading();
const missing = await askAboutMissing();
report({ unit: 'us', rounds, compiled, evaluated, read, missing });

/** @throws Error when the result of a contender is wrong for either set of claims. */
async function checkVerdicts() {
  for (const [name, { compile, read: parse }] of Object.entries(languages)) {
    for (const question of questions) {
      const evaluate = compile(question[name]);
      for (const [json, expected] of [
        [passing, true],
        [failing, false],
      ]) {
        const verdict = await evaluate(parse(json));
        if (verdict !== expected) throw new Error(`${name}: ${question[name]} is ${String(verdict)}`);
      }
    }
  }
  console.log(`${questions.length} questions, passed and failed: ${names.length} contenders say the same`);
}

async function compareCompiling() {
  const work = (name) => (count) => {
    const { compile } = languages[name];
    for (let done = 0; done < count; done += 1) keep(compile(questions[done % questions.length][name]));
  };
  const results = await compare(Object.fromEntries(names.map((name) => [name, work(name)])), { rounds });
  console.log('\ncompiling one expression, each of them in turn');
  printTable(
    ['', 'ns of CPU (quartiles)', 'x grantgate'],
    names.map((name) => [name, nanoseconds(results[name].cpu), spreadText(results[name].ratio, 1)]),
  );
  return results;
}

async function compareEvaluating() {
  const results = {};
  for (const question of questions) {
    const contenders = Object.fromEntries(names.map((name) => [name, evaluating(name, question[name])]));
    results[question.grantgate] = await compare(contenders, { rounds });
  }
  console.log('\nevaluating, claims that pass and claims that do not in turn: ns of CPU (quartiles)');
  printTable(
    ['', ...names],
    Object.entries(results).map(([source, result]) => [
      source,
      ...names.map((name) => nanoseconds(result[name].cpu)),
    ]),
  );
  console.log('\nthe same, x grantgate');
  printTable(
    ['', ...names.slice(1)],
    Object.entries(results).map(([source, result]) => [
      source,
      ...names.slice(1).map((name) => spreadText(result[name].ratio, 1)),
    ]),
  );
  console.log("jsonata's answer is a promise, and is waited for.");
  return results;
}

function evaluating(name, source) {
  const { compile, read: parse, waits } = languages[name];
  const evaluate = compile(source);
  const claims = [parse(passing), parse(failing)];
  if (waits !== true)
    return (count) => {
      for (let done = 0; done < count; done += 1) keep(evaluate(claims[done % 2]));
    };
  return async (count) => {
    for (let done = 0; done < count; done += 1) keep(await evaluate(claims[done % 2]));
  };
}

/** Cost of keeping the digits of numbers, once per token. */
async function compareReading() {
  const work = (parse) => (count) => {
    for (let done = 0; done < count; done += 1) keep(parse(done % 2 === 0 ? passing : failing));
  };
  const results = await compare({ 'JSON.parse': work(JSON.parse), grantgate: work(parseClaims) }, { rounds });
  console.log('\nreading the claims, once for each token');
  printTable(
    ['', 'ns of CPU (quartiles)', 'x JSON.parse'],
    Object.entries(results).map(([name, { cpu, ratio }]) => [name, nanoseconds(cpu), spreadText(ratio, 1)]),
  );
  return results;
}

/** Differences between the languages: missing claims. */
async function askAboutMissing() {
  const answers = {};
  for (const [name, { compile, read: parse }] of Object.entries(languages)) {
    const tally = {};
    for (const question of questions) {
      let answer;
      try {
        const verdict = await compile(question[name])(parse('{}'));
        answer = verdict instanceof Error ? 'an error' : String(verdict);
      } catch {
        answer = 'an error';
      }
      tally[answer] = (tally[answer] ?? 0) + 1;
    }
    answers[name] = tally;
  }
  console.log('\nnot the same: answers about claims that are missing');
  printTable(
    ['', 'answers'],
    names.map((name) => [
      name,
      Object.entries(answers[name])
        .map(([answer, count]) => `${count} x ${answer}`)
        .join(', '),
    ]),
  );
  return answers;
}

/** The engine must not remove unused results. */
function keep(value) {
  globalThis.kept = value;
}
