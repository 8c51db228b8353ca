"""Images of every kind as Pillow sees them.

write FOLDER: files, each beside `<name>.rgb`, what Pillow makes of it: the largest difference that is allowed, height and
    width as 32-bit numbers, then ImageOps.exif_transpose(image).convert('RGB').
"""

import argparse
import os
import struct
import zlib

import numpy
from PIL import Image, ImageOps, PngImagePlugin

ORIENTATION = 0x0112


def busy(height, width):
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    return ((x * 37 + y * 59 + c * 101 + x * y * 13 // 7) % 256).astype(numpy.uint8)


def smooth(height, width):
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    waves = numpy.sin(x / 5 + c) + numpy.cos(y / 7 - c * x / 40)
    return (127.5 + 60 * waves).clip(0, 255).astype(numpy.uint8)


def exif(orientation):
    data = Image.Exif()
    data[0x010F] = 'maker'
    data[ORIENTATION] = orientation
    return data


def xmp(orientation, element=False):
    said = f'<tiff:Orientation>{orientation}</tiff:Orientation>' if element else ''
    attribute = '' if element else f' tiff:Orientation="{orientation}"'
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{attribute}>{said}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>'
    )


class Folder:
    def __init__(self, path):
        self.path = path

    def expect(self, name, difference=0):
        with Image.open(os.path.join(self.path, name)) as image:
            pixels = numpy.asarray(ImageOps.exif_transpose(image).convert('RGB'))
        with open(os.path.join(self.path, name + '.rgb'), 'wb') as out:
            out.write(struct.pack('<III', difference, *pixels.shape[:2]))
            out.write(pixels.tobytes())

    def save(self, name, image, difference=0, **options):
        image.save(os.path.join(self.path, name), **options)
        self.expect(name, difference)

    def write(self, name, data, difference=0):
        with open(os.path.join(self.path, name), 'wb') as out:
            out.write(data)
        self.expect(name, difference)


def jpeg(folder):
    sizes = [(1, 1), (5, 7), (16, 16), (17, 33), (48, 61), (100, 131)]
    for height, width in sizes:
        image = Image.fromarray(smooth(height, width))
        for subsampling in (0, 1, 2):
            for progressive in (False, True):
                kind = 'progressive' if progressive else 'baseline'
                name = f'{height}x{width}-{subsampling}-{kind}.jpg'
                folder.save(name, image, subsampling=subsampling, progressive=progressive, quality=85)
        folder.save(f'{height}x{width}-grey.jpg', image.convert('L'))
        folder.save(f'{height}x{width}-cmyk.jpg', image.convert('CMYK'), quality=95)
    image = Image.fromarray(smooth(45, 67))
    folder.save('restarts.jpg', image, restart_marker_blocks=2)
    folder.save('rows.jpg', image, restart_marker_rows=1, subsampling=2)
    folder.save('poor.jpg', image, quality=5)
    folder.save('several.mpo', image, save_all=True, append_images=[image.rotate(180)])
    for orientation in range(0, 10):
        folder.save(f'exif-{orientation}.jpg', image, exif=exif(orientation))
    for orientation in (3, 6):
        folder.save(f'xmp-{orientation}.jpg', image, xmp=xmp(orientation).encode())
    folder.save('exif-and-xmp.jpg', image, exif=exif(6), xmp=xmp(3).encode())
    # A bit error, which libjpeg warns of and reads on.
    data = bytearray(open(os.path.join(folder.path, 'poor.jpg'), 'rb').read())
    data[-60] ^= 0x10
    folder.write('bit-error.jpg', bytes(data))


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(folder):
    image = Image.fromarray(busy(23, 31))
    ramp = image.getchannel(1)
    clear = image.copy()
    clear.putalpha(ramp)
    for mode in ('1', 'L', 'LA', 'P', 'RGB', 'RGBA'):
        folder.save(f'{mode}.png', (clear if mode.endswith('A') else image).convert(mode))
    palette = image.quantize(16)
    folder.save('transparent-palette.png', palette, transparency=3)
    folder.save('transparent-colour.png', image, transparency=tuple(busy(23, 31)[0, 0]))
    for bits in (1, 2, 4):
        folder.save(f'{bits}-bits.png', image.quantize(1 << bits), bits=bits)
    # What Pillow does not write: 16 bits of colour, with and without alpha.
    for kind, channels in ((2, 3), (6, 4)):
        deep = (numpy.arange(23 * 31 * channels, dtype=numpy.uint32) * 977 % 65536).astype('>u2')
        rows = deep.reshape(23, -1)
        data = b''.join(b'\0' + row.tobytes() for row in rows)
        header = struct.pack('>IIBBBBB', 31, 23, 16, kind, 0, 0, 0)
        folder.write(
            f'16-bits-{channels}.png',
            b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(data)) + chunk(b'IEND', b''),
        )
    for orientation in range(1, 9):
        folder.save(f'exif-{orientation}.png', image, exif=exif(orientation))
    text = PngImagePlugin.PngInfo()
    profile = exif(6).tobytes()
    text.add_text('Raw profile type exif', f'\nexif\n{len(profile):8}\n{profile.hex()}\n', zip=True)
    folder.save('raw-profile.png', image, pnginfo=text)
    # Behind the pixels.
    data = open(os.path.join(folder.path, 'RGB.png'), 'rb').read()
    folder.write('late-exif.png', data[:-12] + chunk(b'eXIf', exif(6).tobytes()[6:]) + data[-12:])
    packet = b'XML:com.adobe.xmp\0\0\0\0\0' + xmp(3).encode()
    folder.write('late-xmp.png', data[:-12] + chunk(b'iTXt', packet) + data[-12:])
    for orientation, element in ((5, False), (8, True)):
        text = PngImagePlugin.PngInfo()
        text.add_itxt('XML:com.adobe.xmp', xmp(orientation, element))
        folder.save(f'xmp-{orientation}.png', image, pnginfo=text)


def gif(folder):
    image = Image.fromarray(busy(23, 31)).quantize(64)
    for interlace in (0, 1):
        folder.save(f'interlace-{interlace}.gif', image, interlace=interlace)
    folder.save('transparent.gif', image, transparency=5)
    folder.save('grey.gif', Image.fromarray(busy(23, 31)).convert('L'))
    folder.save('two.gif', Image.fromarray(busy(23, 31)).convert('1'))
    folder.save('frames.gif', image, save_all=True, append_images=[image.rotate(180)], duration=50)
    large = Image.fromarray(busy(200, 300)).quantize(256)
    folder.save('large.gif', large)
    # A frame within a larger canvas, whose other pixels are transparent, or colour 0.
    for name, options in (('inside', {'transparency': 5}), ('inside-opaque', {})):
        folder.save('whole.gif', image, **options)
        data = bytearray(open(os.path.join(folder.path, 'whole.gif'), 'rb').read())
        frame = data.index(b',\0\0\0\0' + struct.pack('<HH', 31, 23))
        data[6:10] = struct.pack('<HH', 40, 33)
        data[frame + 1 : frame + 5] = struct.pack('<HH', 4, 7)
        folder.write(f'{name}.gif', bytes(data))


def bitmap(width, height, bits, pixels, *, compression=0, colours=b'', masks=b'', header=40, offset=None):
    if header == 12:
        info = struct.pack('<IHHHH', 12, width, height, 1, bits)
    else:
        rest = (masks if header > 40 else b'').ljust(header - 40, b'\0')
        info = struct.pack('<IiiHHIIiiII', header, width, height, 1, bits, compression, 0, 0, 0, len(colours) // 4, 0) + rest
    body = info + (masks if header == 40 else b'') + colours
    at = 14 + len(body) if offset is None else offset
    return struct.pack('<2sIHHI', b'BM', 14 + len(body) + len(pixels), 0, 0, at) + body + pixels


def bmp(folder):
    image = Image.fromarray(busy(9, 13))
    for mode in ('1', 'L', 'P', 'RGB', 'RGBA'):
        folder.save(f'{mode}.bmp', image.convert(mode))
    colours = b''.join(bytes([i * 16, 255 - i * 7, i * 3, 0]) for i in range(16))
    random = bytes((i * 89 + i * i * 7) % 256 for i in range(2000))
    stride = {bits: (13 * bits + 31) // 32 * 4 for bits in (1, 4, 8, 16, 24, 32)}
    for bits in (1, 4):
        folder.write(f'{bits}-bits.bmp', bitmap(13, 9, bits, random[: 9 * stride[bits]], colours=colours[: 4 << bits]))
    folder.write('few-colours.bmp', bitmap(13, 9, 8, bytes(b % 16 for b in random[: 9 * 16]), colours=colours))
    folder.write('forgets-palette.bmp', bitmap(13, 9, 8, bytes(b % 16 for b in random[: 9 * 16]), colours=colours, offset=54))
    folder.write('no-offset.bmp', bitmap(13, 9, 24, random[: 9 * 40], offset=0))
    folder.write('later.bmp', bitmap(13, 9, 24, random[: 9 * 40 + 10], offset=64))
    folder.write('555.bmp', bitmap(13, 9, 16, random[: 9 * 28]))
    fields = {
        '565': (16, (0xF800, 0x7E0, 0x1F)),
        'fields-555': (16, (0x7C00, 0x3E0, 0x1F)),
        'bgrx': (32, (0xFF0000, 0xFF00, 0xFF)),
        'xbgr': (32, (0xFF000000, 0xFF0000, 0xFF00)),
    }
    for name, (bits, masks) in fields.items():
        said = struct.pack('<III', *masks)
        pixels = random[: 9 * stride[bits]]
        for header in (40, 56, 108, 124):
            folder.write(f'{name}-{header}.bmp', bitmap(13, 9, bits, pixels, compression=3, masks=said, header=header))
    folder.write('top-down.bmp', bitmap(13, -9, 24, random[: 9 * 40]))
    folder.write('32-bits.bmp', bitmap(13, 9, 32, random[: 9 * 52]))
    three = b''.join(colours[4 * i : 4 * i + 3] for i in range(16))
    folder.write('os2.bmp', bitmap(13, 9, 4, random[: 9 * 8], colours=three, header=12))
    folder.write('os2-2.bmp', bitmap(13, 9, 24, random[: 9 * 40], header=64))
    runs8 = b''.join(bytes([5, row, 8, 15 - row, 0, 0]) for row in range(8)) + bytes([0, 13, *range(13), 0, 0, 1])
    folder.write('rle8.bmp', bitmap(13, 9, 8, runs8, compression=1, colours=colours))
    runs4 = b''.join(bytes([5, row * 16 + 3, 0, 8, 0x12, 0x34, 0x56, row, 0, 0]) for row in range(8)) + bytes([13, 0xA5, 0, 1])
    folder.write('rle4.bmp', bitmap(13, 9, 4, runs4, compression=2, colours=colours))
    moves = bytes([3, 1, 0, 2, 2, 1, 4, 2, 0, 0]) + b''.join(bytes([13, row, 0, 0]) for row in range(7)) + bytes([0, 1])
    folder.write('rle8-moves.bmp', bitmap(13, 9, 8, moves, compression=1, colours=colours))


def others(folder):
    image = Image.fromarray(smooth(40, 51))
    clear = image.copy()
    clear.putalpha(image.getchannel(0))
    folder.save('lossless.webp', image, lossless=True)
    folder.save('lossy.webp', image, quality=70)
    folder.save('alpha.webp', clear, lossless=True, exact=True)
    folder.save('frames.webp', image, save_all=True, append_images=[image.rotate(180)], lossless=True)
    folder.save('exif.webp', image, lossless=True, exif=exif(6))
    folder.save('xmp.webp', image, lossless=True, xmp=xmp(8).encode())
    for mode in ('1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK'):
        folder.save(f'{mode}.tiff', (clear if mode.endswith('A') else image).convert(mode))
    for compression in ('tiff_lzw', 'tiff_adobe_deflate', 'packbits'):
        folder.save(f'{compression}.tiff', image, compression=compression)
    for orientation in (2, 6):
        folder.save(f'exif-{orientation}.tiff', image, exif=exif(orientation))
    # Libraries differ in how they go from YUV to RGB, and more where colours have fewer pixels.
    whole = {'quality': 90, 'subsampling': '4:4:4'}
    folder.save('plain.avif', image, 3, **whole)
    folder.save('exif.avif', image, 3, exif=exif(6), **whole)
    folder.save('xmp.avif', image, 3, xmp=xmp(8).encode(), **whole)
    for mode in ('1', 'L', 'RGB'):
        folder.save(f'{mode}.ppm', image.convert(mode))
    folder.write('text-bits.pbm', b'P1\n# drawn\n5 2\n1 0 1 0 1\n01011\n')
    folder.write('text-grey.pgm', b'P2 3 2 9\n0 3 9\n#\n1 2 4\n')
    folder.write('text.ppm', b'P3\n2 1\n200\n0 100 200 7 8 9\n')
    folder.write('of-100.pgm', b'P5 4 1 100\n' + bytes([0, 33, 50, 100]))
    folder.write('deep.ppm', b'P6 1 2 1000\n' + struct.pack('>6H', 0, 500, 1000, 3, 700, 999))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('command', choices=['write'])
    parser.add_argument('folder')
    folder = Folder(parser.parse_args().folder)
    for draw in (jpeg, png, gif, bmp, others):
        draw(folder)


main()
