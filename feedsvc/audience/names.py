"""The texts that records refer to by number, cached in each process."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from feedsvc.audience import schema


class Names:
    """The table of names. texts: by number. numbers: by text."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.numbers: dict[str, int] = {}

    def clear(self) -> None:
        """Forget all, after a transaction that was rolled back."""
        self.texts, self.numbers = {}, {}

    def load(self, connection: Connection) -> None:
        """Read the names that are not yet cached."""
        table = schema.name.c
        known = max(self.texts, default=-1)
        if (connection.scalar(select(func.max(table.number))) or 0) > known:
            rows = connection.execute(select(table.number, table.text).where(table.number > known))
            for number, text in rows:
                self.texts[number], self.numbers[text] = text, number

    def number(self, connection: Connection, texts: Iterable[str]) -> None:
        """Give numbers to texts that have none."""
        if missing := set(texts) - self.numbers.keys():
            self.load(connection)
            start = max(self.texts, default=-1) + 1
            new = sorted(missing - self.numbers.keys())
            if new:
                rows = [{"number": n, "text": text} for n, text in enumerate(new, start)]
                connection.execute(insert(schema.name), rows)
            for number, text in enumerate(new, start):
                self.texts[number], self.numbers[text] = text, number
