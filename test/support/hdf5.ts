import { File, type Group, ready } from 'h5wasm';

/** An HDF5 file made by hand. */
export async function hdf5(fill: (root: Group) => void): Promise<Uint8Array> {
  const { FS } = await ready;
  const root = new File('/made.h5', 'w');
  fill(root);
  root.close();
  const bytes = FS.readFile('/made.h5');
  FS.unlink('/made.h5');
  return bytes;
}
