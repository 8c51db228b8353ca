import type { CommandApi } from './api.ts';

/** Loads the library, and with it the addon. @throws ThawError ERR_ADDON_NOT_LOADED */
export async function nativeApi(): Promise<CommandApi> {
  const [{ loadResNet }, { native, settle }, { abortable }, { nativeDataset }] = await Promise.all([
    import('../model/load.ts'),
    import('../native.ts'),
    import('../model/abort.ts'),
    import('../model/native-data.ts'),
  ]);
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
