import { ready } from 'h5wasm';

/**
 * HDF5 as WebAssembly, in the build for browsers: its files are in memory, and no other file is within its reach. (The
 * build for Node opens the files of the machine, and so would a link inside of a hostile one.)
 */
export const library: typeof ready = ready.then((module) => {
  // What fails is told by what functions return; the library would print it as well. The lowest number that is free is
  // that of the stream which was closed.
  const FS = module.FS as typeof module.FS & { streams: Parameters<typeof module.FS.close>[0][] };
  const errors = FS.streams[2];
  if (errors) FS.close(errors);
  FS.open('/dev/null', 'w');
  return module;
});
