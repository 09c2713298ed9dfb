# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal's screen, text with SGR sequences as tmux captures it, drawn as a PNG."""

import re
import unicodedata

from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
SIZE = 15
CELL = (9, 18)
MARGIN = 12
FOREGROUND, BACKGROUND = (0xd4, 0xd7, 0xde), (0x16, 0x18, 0x1e)
# The sixteen colours, and then as xterm numbers the rest: a cube of 6 × 6 × 6, and greys.
SIXTEEN = [(0x2a, 0x2e, 0x38), (0xe0, 0x6c, 0x75), (0x8c, 0xc2, 0x65), (0xe5, 0xc0, 0x6b), (0x61, 0xa5, 0xf0),
           (0xc6, 0x84, 0xdd), (0x4e, 0xb8, 0xc4), (0xc8, 0xcc, 0xd4), (0x5c, 0x63, 0x70), (0xff, 0x86, 0x8e),
           (0xa9, 0xdc, 0x84), (0xff, 0xd8, 0x87), (0x86, 0xbf, 0xff), (0xe0, 0xa3, 0xf5), (0x6f, 0xd6, 0xe1),
           (0xff, 0xff, 0xff)]
STEPS = (0, 95, 135, 175, 215, 255)
TOKEN = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|[\x0e\x0f]|(.)",
                   re.DOTALL)
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


def colour(number):
    if number < 16:
        return SIXTEEN[number]
    if number < 232:
        number -= 16
        return STEPS[number // 36], STEPS[number // 6 % 6], STEPS[number % 6]
    return (8 + 10 * (number - 232),) * 3


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.foreground = self.background = None
        self.bold = self.dim = self.reverse = self.underline = False

    def apply(self, text):
        codes = [int(n) if n else 0 for n in re.split("[;:]", text)]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                self.extended(code, codes)
            else:
                self.simple(code)

    def simple(self, code):
        if code == 0:
            self.reset()
        elif code in (1, 2, 4, 7):
            setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
        elif code in (22, 24, 27):
            for name in {22: ("bold", "dim"), 24: ("underline",), 27: ("reverse",)}[code]:
                setattr(self, name, False)
        elif 30 <= code <= 39:
            self.foreground = None if code == 39 else SIXTEEN[code - 30]
        elif 40 <= code <= 49:
            self.background = None if code == 49 else SIXTEEN[code - 40]
        elif 90 <= code <= 97:
            self.foreground = SIXTEEN[code - 82]
        elif 100 <= code <= 107:
            self.background = SIXTEEN[code - 92]

    def extended(self, code, codes):
        kind = codes.pop(0)
        value = colour(codes.pop(0)) if kind == 5 else tuple(codes.pop(0) for _ in range(3))
        if code == 38:
            self.foreground = value
        else:
            self.background = value

    def colours(self):
        front, back = self.foreground or FOREGROUND, self.background or BACKGROUND
        if self.reverse:
            front, back = back, front
        if self.dim:
            front = mix(front, back, 0.6)
        return front, back


def mix(a, b, share):
    return tuple(round(x * share + y * (1 - share)) for x, y in zip(a, b))


def cells(text):
    """(column, row, character, style) of every character."""
    style = Style()
    for row, line in enumerate(text.rstrip("\n").split("\n")):
        column = 0
        for token in TOKEN.finditer(line):
            if token[1] is not None:
                style.apply(token[1])
            elif token[2]:
                yield column, row, token[2], style
                column += 2 if unicodedata.east_asian_width(token[2]) in "WF" else 1


class Painter:
    def __init__(self, width, height):
        self.image = Image.new("RGB", (width * CELL[0] + 2 * MARGIN, height * CELL[1] + 2 * MARGIN), BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)
        self.fonts = [ImageFont.truetype(FONTS.format(suffix), SIZE) for suffix in ("", "-Bold")]

    def cell(self, column, row, character, style):
        x, y = MARGIN + column * CELL[0], MARGIN + row * CELL[1]
        front, back = style.colours()
        right, bottom = x + CELL[0] - 1, y + CELL[1] - 1
        if back != BACKGROUND:
            self.draw.rectangle((x, y, right, bottom), fill=back)
        if style.underline:
            self.draw.line((x, bottom - 1, right, bottom - 1), fill=front)
        if "▁" <= character <= "█":  # drawn, so that neighbours touch
            top = y + CELL[1] - round(CELL[1] * (ord(character) - 0x2580) / 8)
            self.draw.rectangle((x, top, right, bottom), fill=front)
        elif "▉" <= character <= "▏":
            self.draw.rectangle((x, y, x + round(CELL[0] * (0x2590 - ord(character)) / 8) - 1, bottom), fill=front)
        elif character in SHADES:
            self.draw.rectangle((x, y, right, bottom), fill=mix(front, back, SHADES[character]))
        elif not character.isspace():
            self.draw.text((x, y), character, font=self.fonts[style.bold], fill=front)


def save(text, width, height, path):
    """Draws a captured screen of that size in cells."""
    painter = Painter(width, height)
    for cell in cells(text):
        painter.cell(*cell)
    painter.image.save(path, optimize=True)
