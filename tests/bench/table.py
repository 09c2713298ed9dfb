# SPDX-License-Identifier: GPL-2.0-or-later
"""What a benchmark hands back: a table for people, and the same numbers for programs."""


class Table:
    """columns: (name, how its numbers are written, as in format()). A cell None is unknown."""

    def __init__(self, title, columns, note=""):
        self.title, self.columns, self.note = title, columns, note
        self.rows = []

    def add(self, *cells):
        assert len(cells) == len(self.columns), cells
        self.rows.append(cells)

    def texts(self):
        yield [name for name, _ in self.columns]
        for row in self.rows:
            yield ["–" if cell is None else format(cell, how) for cell, (_, how) in zip(row, self.columns)]

    def markdown(self):
        lines = list(self.texts())
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        left = [isinstance(self.rows[0][i], str) if self.rows else True for i in range(len(widths))]

        def row(cells):
            return "| " + " | ".join(c.ljust(w) if to_left else c.rjust(w)
                                     for c, w, to_left in zip(cells, widths, left)) + " |"

        rule = "|" + "|".join("-" * (w + 1) + ("-" if to_left else ":") for w, to_left in zip(widths, left)) + "|"
        text = [f"**{self.title}**", "", row(lines[0]), rule, *map(row, lines[1:])]
        return "\n".join(text + (["", self.note] if self.note else []))

    def json(self):
        names = [name for name, _ in self.columns]
        return {"title": self.title, "rows": [dict(zip(names, row)) for row in self.rows]}
