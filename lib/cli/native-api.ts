import { nativeDataset } from '../model/native-data.ts';
import type { CommandApi } from './api.ts';

/** Loads the library, and with it the addon. @throws ThawError ERR_ADDON_NOT_LOADED */
export async function nativeApi(): Promise<CommandApi> {
  const { loadResNet } = await import('../model/load.ts');
  const { native, settle } = await import('../native.ts');
  const { abortable } = await import('../model/abort.ts');
  const addon = native();
  return {
    load: loadResNet,
    writeImage: (path, rgb, height, width) => settle(addon.writeImage(path, rgb, height, width)),
    digests: (paths, whole) =>
      paths.length === 0 ? Promise.resolve([]) : settle(addon.imageDigests({ paths }, whole)),
    examine: (images, { signal, ...options }) =>
      abortable(signal, (stop) => addon.examineImages(nativeDataset(images), options, stop)),
    thumbnail: (path, side) => settle(addon.thumbnail(path, side)),
  };
}
