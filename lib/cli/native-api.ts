import type { CommandApi } from './api.ts';

/** Loads the library, and with it the addon. @throws ThawError ERR_ADDON_NOT_LOADED */
export async function nativeApi(): Promise<CommandApi> {
  const [{ loadResNet }, { native, settle }] = await Promise.all([
    import('../model/load.ts'),
    import('../native.ts'),
  ]);
  const addon = native();
  return {
    load: loadResNet,
    writeImage: (path, rgb, height, width) => settle(addon.writeImage(path, rgb, height, width)),
  };
}
