"""The lab report: one HTML file that needs nothing else, now or in ten years.

Pictures are `data:` URLs and plots are SVG. A policy in the file forbids every request and every
script, so that opening it tells nobody. Every text is escaped, although none of it was typed by a
user: names of uploads are not in here.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from html import escape

from lab import tables
from lab.attempts import ATTACK_TITLES, Attempt
from lab.measuring import Entry, Shape, shape_of
from lab.plots import histogram_svg, scatter_svg
from lab.subject import Subject
from lab.tables import Row
from rsa_core.analysis import CANNOT_SHOW, Measurement

BROKEN_MEANS = (
    "Schemes are attacked as they are, without the signature that the application adds. A forged "
    "envelope opens without a warning to a picture that nobody sent. What is called estimated was "
    "not done."
)

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Lab report: RSA image encryption compared</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
p { overflow-wrap: anywhere; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; margin: 0.5rem 0; }
th, td { border: 1px solid #8886; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
td { font-variant-numeric: tabular-nums; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; width: min(13rem, calc(50% - 0.5rem)); }
th:last-child { min-width: 14rem; }
figcaption { font-size: 0.85rem; }
img { width: 100%; image-rendering: pixelated; display: block; }
svg { width: 100%; display: block; border: 1px solid #8886; }
svg.h96 { height: 6rem; } svg.h256 { height: 13rem; }
.plain { fill: #8888; } .line { fill: none; stroke: #c2410c; stroke-width: 1; }
.dots { stroke: currentColor; stroke-width: 2; fill: none; }
.note { color: #777; }
@media print { details { display: none; } h2 { break-after: avoid; } }
</style></head><body>
"""


def lab_report(
    subject: Subject,
    original: Sequence[Measurement],
    entries: Sequence[Entry],
    attempts: Sequence[Attempt],
    *,
    budget: float,
    at: datetime,
) -> bytes:
    """The whole report, UTF-8.

    Args:
        subject: the picture.
        original: `baseline` of it.
        entries: the cases, in the order in which they are told.
        attempts: the attacks on them.
        budget: seconds that each attack had.
        at: when it was made, aware.
    """
    shape = shape_of(subject.pixels)
    parts = [
        _HEAD,
        "<h1>RSA image encryption compared</h1>",
        _paragraph(
            f"{subject.origin}, {subject.size}. Made {at:%Y-%m-%d %H:%M} {at.tzname() or ''}. "
            f"SHA-256 of what was encrypted: {subject.sha256}"
        ),
        _paragraph(
            "Every scheme encrypted the same samples. Times are wall clock on one machine that "
            f"others may have used as well; each attack had {budget:g} seconds. Schemes marked "
            "insecure are meant to be broken."
        ),
        "<h2>Overview</h2>",
        _table(tables.overview(entries, attempts)),
        "<h2>What an interceptor sees</h2><div class='row'>",
        _figure(subject.png, "The original picture", "The original"),
        *(_figure(one.view, f"Ciphertext, {one.case.name}", one.case.name) for one in entries),
        "</div><h2>Statistics side by side</h2>",
        _table(tables.statistics(original, entries)),
        _paragraph("✓ consistent with random at 5 %, ✗ far from random (Holm-corrected)."),
        _paragraph(CANNOT_SHOW),
        "<h2>Attacks side by side</h2>",
        _table(tables.side_by_side([one.case for one in entries], attempts)),
        _paragraph(BROKEN_MEANS),
        *(_case(entry, shape, [a for a in attempts if a.case == entry.case]) for entry in entries),
        "</body></html>\n",
    ]
    return "".join(parts).encode()


def _case(entry: Entry, plain: Shape, attempts: Sequence[Attempt]) -> str:
    name = entry.case.name
    pictures = [_figure(entry.view, f"Ciphertext, {name}", "The ciphertext, drawn as pixels")]
    if entry.wrong is not None:
        words = "Under a private key that is wrong by 2"
        pictures.append(_figure(entry.wrong, f"{words}, {name}", words))
    for one in attempts:
        if one.picture is not None:
            title = ATTACK_TITLES[one.attack]
            words = f"{title}: {one.verdict}, {tables.seconds(one.seconds)}"
            pictures.append(_figure(one.picture, f"Found by {title}, {name}", words))
    back = "the same samples" if entry.exact else "OTHER samples"
    dots = "".join(
        f"<figure>{scatter_svg(dots, f'{words}, {direction} neighbours, {name}')}"
        f"<figcaption>{words}, {direction}</figcaption></figure>"
        for words, shape in (("Original", plain), ("Ciphertext", entry.shape))
        for direction, dots in shape.dots.items()
    )
    drawn = histogram_svg(
        plain.counts, entry.shape.counts, f"Histograms of original and ciphertext, {name}"
    )
    return "".join(
        [
            f"<h2>{escape(name)}{' (insecure)' * entry.case.insecure}</h2>",
            _paragraph(
                f"{entry.plain_bytes} bytes became {len(entry.envelope)} ({entry.expansion:.3f} "
                f"times). Sealing {tables.seconds(entry.seal_seconds)}, opening "
                f"{tables.seconds(entry.open_seconds)}, making the key "
                f"{tables.seconds(entry.key_seconds)}. Opening gave {back} back."
            ),
            f"<div class='row'>{''.join(pictures)}</div>",
            "<h3>Attacks</h3>",
            _table(tables.attacks(attempts)),
            "<h3>Statistics of the ciphertext</h3>",
            _paragraph(f"Measured on {entry.measured_on}."),
            _table(tables.measures(entry.statistics)),
            "<h3>Against the original</h3>",
            _table(tables.likenesses(entry.originals)),
            "<h3>Histogram: original grey, ciphertext as a line</h3>",
            drawn,
            _details("The numbers behind it", [plain.counts, entry.shape.counts]),
            f"<h3>Neighbouring samples</h3><div class='row'>{dots}</div>",
            _paragraph("Their correlations are in the tables of statistics."),
        ]
    )


def _details(summary: str, counts: Sequence[Sequence[int]]) -> str:
    rows: list[Row] = [
        {"Values": f"{low} to {low + 15}", "Original": a, "Ciphertext": b}
        for low in range(0, 256, 16)
        for a, b in [[sum(one[low : low + 16]) for one in counts]]
    ]
    return f"<details><summary>{escape(summary)}</summary>{_table(rows)}</details>"


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return _paragraph("Nothing was tried.")
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row.values()) + "</tr>"
        for row in rows
    )
    return (
        f"<div class='wide' tabindex='0'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(png: bytes, alt: str, caption: str) -> str:
    data = base64.b64encode(png).decode()
    return (
        f"<figure><img alt='{escape(alt)}' src='data:image/png;base64,{data}'>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"
