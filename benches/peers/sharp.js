#!/usr/bin/env node
// Sharp in a process of its own, as worker.py: `sharp.js serve`, or `sharp.js once OPERATION FILE`.
'use strict';

const fs = require('fs');
const readline = require('readline');
const sharp = require('sharp');

sharp.concurrency(1);
sharp.cache(false);

const open = (data) => sharp(data, { limitInputPixels: false });
const operations = {
  thumb: (data) =>
    open(data)
      .resize(256, 256, { fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' })
      .raw()
      .toBuffer({ resolveWithObject: true }),
  full: (data) => open(data).raw().toBuffer({ resolveWithObject: true }),
};

async function timed(data, asked) {
  const run = operations[asked.op];
  let made = await run(data);
  const answer = { ms: [] };
  if (asked.pixels) {
    const { width, height, channels } = made.info;
    Object.assign(answer, { width, height, channels });
    fs.writeFileSync(asked.pixels, made.data);
  }
  for (let i = 0; i < asked.n; i++) {
    made = null;
    const start = performance.now();
    made = await run(data);
    answer.ms.push(performance.now() - start);
  }
  return answer;
}

async function serve() {
  let file, data;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let answer;
    if (asked.op === 'version') {
      answer = { version: `Sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}` };
    } else {
      if (asked.file !== file) {
        file = asked.file;
        data = fs.readFileSync(file);
      }
      answer = await timed(data, asked).catch((problem) => ({ error: String(problem.message).slice(0, 200) }));
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
}

function status(field) {
  const line = fs.readFileSync('/proc/self/status', 'utf8').split('\n').find((line) => line.startsWith(field));
  return Number(line.split(/\s+/)[1]);
}

async function once(operation, file) {
  const data = fs.readFileSync(file);
  fs.writeFileSync('/proc/self/clear_refs', '5'); // the peak starts again from what is resident now
  const start = status('VmRSS:');
  await operations[operation](data);
  console.log(JSON.stringify({ start_kib: start, peak_kib: status('VmHWM:') }));
}

if (process.argv[2] === 'serve') serve();
else once(process.argv[3], process.argv[4]);
