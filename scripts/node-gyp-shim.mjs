#!/usr/bin/env node
// What prebuildify starts in node-gyp's place: cmake-js builds what `npm run setup` has configured. None of
// node-gyp's arguments is passed on: --target above all would make cmake-js download Node's headers, while a
// Node-API addon fits every Node.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('node_modules/.bin/cmake-js', ['build'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
