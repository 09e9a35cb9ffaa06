"""Renders the subscriber badge as SVG, without external fonts or links. Pure."""

from feedsvc.audience.tables import short

_CHARACTER = 6.6  # width in pixels, at 11 pixels of sans-serif
_LABEL = "subscribers"
_TEMPLATE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" \
aria-label="{number} {label}"><title>{number} {label}</title><rect width="{width}" height="20" \
rx="3" fill="#40454b"/><path d="M{left} 0h{right}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right}z" \
fill="#b8430c"/><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" \
font-size="11"><text x="{label_at}" y="14">{label}</text><text x="{number_at}" y="14">{number}\
</text></g></svg>
"""


def badge(subscribers: int) -> str:
    """Return the badge."""
    number = short(subscribers).replace(" ", "")
    left = round(len(_LABEL) * _CHARACTER) + 12
    right = round(len(number) * _CHARACTER * 1.1) + 12
    return _TEMPLATE.format(
        width=left + right,
        left=left,
        right=right - 3,
        label=_LABEL,
        number=number,
        label_at=left / 2,
        number_at=left + right / 2,
    )
