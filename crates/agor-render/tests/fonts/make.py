"""Makes the fonts of the golden pictures: parts of fonts that are free (OFL), and drawings of our own in the
formats that no free font of a few kilobytes has. Run by hand, with fonttools and pillow from PyPI and Debian's
fonts-noto-cjk and fonts-noto-color-emoji; what it makes stands in the repository.

    python3 make.py
"""

import io
import pathlib

from fontTools import subset
from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.sbixGlyph import Glyph as SbixGlyph
from fontTools.ttLib.tables.sbixStrike import Strike
from PIL import Image, ImageDraw

HERE = pathlib.Path(__file__).parent
BUNDLED = HERE / "../../../../assets/fonts"
NOTO = pathlib.Path("/usr/share/fonts")
UPEM = 1000


def part(source, name, text, number=-1, features=("ccmp",)):
    """Writes the part of a font that `text` needs, under a name of its own."""
    options = subset.Options()
    options.font_number = number
    options.layout_features = list(features)
    options.hinting = False
    options.desubroutinize = True
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.drop_tables += ["GPOS", "BASE", "VORG", "vhea", "vmtx", "DSIG", "STAT", "meta"]
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    family = f"Agor Test {name}"
    texts = {0: font["name"].getDebugName(0), 13: font["name"].getDebugName(13)}
    texts |= {1: family, 2: "Regular", 3: family, 4: family, 6: family.replace(" ", "")}
    font["name"].names = []
    for number, value in texts.items():
        if value:
            font["name"].setName(value, number, 3, 1, 0x409)
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [family.replace(" ", "")]
        cff.topDictIndex[0].FamilyName = cff.topDictIndex[0].FullName = family
    font.save(HERE / f"{name.lower()}.{'otf' if 'CFF ' in font else 'ttf'}")


def polygon(points):
    pen = TTGlyphPen(None)
    pen.moveTo(points[0])
    for point in points[1:]:
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


def disc(middle, radius):
    (x, y), r, k = middle, radius, radius * 0.4142
    pen = TTGlyphPen(None)
    pen.moveTo((x, y + r))
    for corner, end in [
        ((x + k, y + r, x + r, y + k), (x + r, y)),
        ((x + r, y - k, x + k, y - r), (x, y - r)),
        ((x - k, y - r, x - r, y - k), (x - r, y)),
        ((x - r, y + k, x - k, y + r), (x, y + r)),
    ]:
        a, b, c, d = corner
        pen.qCurveTo((round(a), round(b)), (round(c), round(d)), end)
    pen.closePath()
    return pen.glyph()


def box(left, bottom, right, top):
    return polygon([(left, bottom), (left, top), (right, top), (right, bottom)])


def drawn(name, glyphs, cmap, advances=None):
    """Begins a font of our own drawings."""
    builder = FontBuilder(UPEM, isTTF=True)
    builder.setupGlyphOrder([".notdef", *glyphs])
    builder.setupCharacterMap(cmap)
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), **glyphs})
    width = lambda glyph: (advances or {}).get(glyph, UPEM)
    left = lambda glyph: getattr(builder.font["glyf"][glyph], "xMin", 0)
    builder.setupHorizontalMetrics({glyph: (width(glyph), left(glyph)) for glyph in [".notdef", *glyphs]})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": f"Agor Test {name}", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    return builder.font


def symbols():
    """Signs of private use as icon fonts have them: far wider, taller or smaller than a cell."""
    house = polygon([(0, 300), (500, 800), (1000, 300), (860, 300), (860, -200), (140, -200), (140, 300)])
    glyphs = {
        "house": house,
        "wide": polygon([(0, 200), (500, 500), (2000, 500), (2000, 100), (500, 100)]),
        "tall": polygon([(0, -700), (250, 1300), (500, -700)]),
        "small": disc((250, 100), 120),
        "disc": disc((500, 300), 500),
        "square": box(0, -200, 1200, 1000),
    }
    codes = [0xF015, 0xF061, 0xE725, 0xF111, 0xF0AC, 0xF489]
    advances = {"wide": 2000, "tall": 500, "small": 500, "square": 1200}
    drawn("Symbols", glyphs, dict(zip(codes, glyphs)), advances).save(HERE / "symbols.ttf")


def colr0():
    """U+1F7E1: a yellow disc with a dark bar over it, in plain layers (COLR version 0)."""
    glyphs = {"face": disc((500, 300), 400), "disc": disc((500, 300), 400), "bar": box(300, 250, 700, 350)}
    font = drawn("COLR 0", glyphs, {0x1F7E1: "face"})
    font["COLR"] = buildCOLR({"face": [("disc", 0), ("bar", 1)]}, version=0)
    font["CPAL"] = buildCPAL([[(1.0, 0.8, 0.1, 1.0), (0.2, 0.15, 0.0, 1.0)]])
    font.save(HERE / "colr0.ttf")


def sbix():
    """U+1F7E0 and U+1F7E6: pictures of pixels (sbix) with edges that fade out."""
    glyphs = {name: box(100, -100, 900, 700) for name in ["orange", "blue"]}
    font = drawn("sbix", glyphs, {0x1F7E0: "orange", 0x1F7E6: "blue"})
    table = newTable("sbix")
    table.version, table.flags, table.strikes = 1, 1, {}
    strike = Strike(ppem=64, resolution=72)
    for name, color in [("orange", (240, 140, 20)), ("blue", (40, 90, 230))]:
        large = Image.new("RGBA", (256, 256), (*color, 0))
        draw = ImageDraw.Draw(large)
        if name == "orange":
            draw.ellipse((8, 8, 248, 248), fill=(*color, 255))
            draw.ellipse((90, 90, 166, 166), fill=(255, 240, 200, 128))
        else:
            draw.rounded_rectangle((8, 8, 248, 248), 48, fill=(*color, 255))
            draw.rectangle((8, 120, 248, 136), fill=(220, 230, 255, 255))
        small = large.resize((64, 64), Image.Resampling.BOX)
        png = io.BytesIO()
        small.save(png, "PNG", optimize=True)
        strike.glyphs[name] = SbixGlyph(
            glyphName=name, graphicType="png ", imageData=png.getvalue(), originOffsetX=0, originOffsetY=-12
        )
    for name in font.getGlyphOrder():
        strike.glyphs.setdefault(name, SbixGlyph(glyphName=name))
    table.strikes[64] = strike
    font["sbix"] = table
    font.save(HERE / "sbix.ttf")


def joined():
    """Letters in cells of 600 units that are one sign side by side; that of f and i takes one cell where they take two.
    An x between digits, of base 16 after it, looks different."""
    glyphs = {
        "space": TTGlyphPen(None).glyph(),
        "zero": box(100, 0, 500, 700),
        "f": box(100, 0, 200, 700),
        "i": box(250, 0, 350, 500),
        "l": box(400, 0, 500, 700),
        "w": box(50, 0, 550, 400),
        "x": box(150, 100, 450, 400),
        "x.times": disc((300, 350), 100),
        "f_l": box(100, 300, 1100, 400),
        "f_i": box(100, 0, 500, 200),
        "w_w_w": disc((900, 200), 400),
    }
    cmap = {0x20: "space", 0x30: "zero"} | {ord(letter): letter for letter in "filwx"}
    advances = {glyph: 600 for glyph in glyphs} | {"f_l": 1200, "w_w_w": 1800}
    font = drawn("Joined", glyphs, cmap, advances)
    addOpenTypeFeaturesFromString(
        font,
        "feature liga { sub w w w by w_w_w; sub f l by f_l; sub f i by f_i; } liga;"
        "feature calt { sub zero x' [zero f] by x.times; } calt;",
    )
    font.save(HERE / "joined.ttf")


part(NOTO / "opentype/noto/NotoSansCJK-Regular.ttc", "CJK", "日本語中文字漢鬱한글かなカナｗＡ，。「」", 0)
part(NOTO / "truetype/noto/NotoColorEmoji.ttf", "CBDT", "🦀👩💻🇩🇪👍🏽❤\u200d\ufe0f")
letters = "".join(map(chr, range(0x20, 0x7F)))
part(BUNDLED / "JetBrainsMono-Regular.ttf", "Mono", letters, features=())
symbols()
colr0()
joined()
sbix()
