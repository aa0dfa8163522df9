#!/usr/bin/env node
// `npx tradewright …`: the command line, with packages installed first where they are missing.
process.argv.splice(2, 0, 'cli');
await import('./bootstrap.mjs');
