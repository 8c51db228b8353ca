/** `npm run fetch-weights`: torchvision's ImageNet weights, into the cache; `thaw fetch-weights` in a clone. */
process.argv.splice(2, 0, 'fetch-weights');
await import('../lib/cli/main.ts');
