#!/usr/bin/env node
import process from 'node:process';
import { createProcessIo } from './process-io.ts';
import { run } from './run.ts';

// A command in progress keeps the process alive by itself. Timers and many sockets do not, so that an application that uses
// the middleware can exit; without this, Node.js would exit with code 13 while a command waits for nothing else.
const alive = setInterval(() => {}, 60_000);
try {
  process.exitCode = await run(process.argv.slice(2), createProcessIo(process));
} finally {
  clearInterval(alive);
}
