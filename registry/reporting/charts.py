"""The charts of a report as Vega-Lite specifications, and as SVG.

Colours are names of a palette while a chart is drawn, and become CSS variables in the SVG: one
picture serves light, dark and paper.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from registry.domain.quantities import format_count
from registry.domain.report import Report
from registry.domain.report_curves import ReportCurves
from registry.domain.target import TargetReport
from registry.errors import MissingExtraError

Spec: TypeAlias = dict[str, Any]

PALETTE = {
    "#010101": "ink",
    "#020202": "muted",
    "#030303": "grid",
    "#040404": "held",
    "#050505": "wanted",
    "#060606": "loss",
    "#070707": "other",
    "#080808": "paper",
}
"""The colours that charts are drawn in, and the CSS variables that they become."""

_NAMES = {name: colour for colour, name in PALETTE.items()}
_INK, _MUTED, _GRID = _NAMES["ink"], _NAMES["muted"], _NAMES["grid"]
_HELD, _WANTED, _LOSS, _OTHER = (_NAMES[name] for name in ("held", "wanted", "loss", "other"))
_WIDTH = 270
_ROW = 24
_LABELS = 4
"""Targets that a chart names."""

_TOKENS = (
    "datum.value >= 1e15 ? format(datum.value / 1e15, '~g') + 'P' : "
    "datum.value >= 1e12 ? format(datum.value / 1e12, '~g') + 'T' : "
    "datum.value >= 1e9 ? format(datum.value / 1e9, '~g') + 'B' : "
    "datum.value >= 1e6 ? format(datum.value / 1e6, '~g') + 'M' : "
    "datum.value >= 1e3 ? format(datum.value / 1e3, '~g') + 'K' : format(datum.value, '~g')"
)
_CONFIG: Spec = {
    "background": None,
    "font": "Liberation Sans",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _MUTED,
        "titleColor": _MUTED,
        "domainColor": _MUTED,
        "tickColor": _MUTED,
        "gridColor": _GRID,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelLimit": 200,
        "labelOverlap": "greedy",
    },
    "text": {"color": _INK, "fontSize": 11},
}


def to_svg(spec: Spec, *, title: str, key: str = "chart") -> str:
    """Return a chart as SVG whose colours are CSS variables, named for those who hear it.

    Args:
        spec: A Vega-Lite specification in the colours of `PALETTE`.
        title: What a screen reader says.
        key: What the ids inside begin with: unique on a page, and the same each time. Vega counts
            them on for as long as the process lives.

    Raises:
        MissingExtraError: vl-convert is not installed.
    """
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtraError(task="a report as HTML", extra="html") from error
    from xml.sax.saxutils import escape

    full = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **spec}
    # As text, since whole numbers of more than 64 bits are refused in a dictionary.
    svg = str(vl_convert.vegalite_to_svg(json.dumps(full), vl_version="5.20"))
    for colour, name in PALETTE.items():
        svg = svg.replace(colour, f"var(--{name})")
    for place, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg))):
        svg = re.sub(rf'(id="|#){re.escape(name)}(?=["\)])', rf"\g<1>{key}-{place}", svg)
    # A picture by itself has a name for screen readers; nothing in it refers to another file.
    svg = re.sub(r' xmlns:xlink="[^"]*"', "", svg)
    return re.sub(r"(<svg [^>]*>)", rf"\1<title>{escape(title)}</title>", svg, count=1).replace(
        "<svg ", '<svg role="img" ', 1
    )


def balance_chart(report: Report) -> Spec:
    """Return supply against demand: bars over one logarithmic axis of tokens."""
    first = report.targets[0]
    rows: list[Spec] = [_bar("held, seen once", _held(report), "held")]
    for epochs in (first.epochs, first.hard_epochs):
        name = f"held, {epochs} epochs" if first.distillation is None else f"{epochs} epochs"
        rows.append(_bar(name, first.effective_tokens[str(epochs)], "held"))
    for target in report.targets:
        need = target.required_tokens[target.law]
        row = _bar(f"{target.label} asks for", need.mid, "wanted")
        rows.append({**row, "low": max(1, need.low), "high": max(1, need.high)})
    floor = _floor(row["tokens"] for row in rows)
    ends: list[float] = [row.get("high") or row["tokens"] for row in rows]
    ceiling = 30 * max(ends)
    scale = {"type": "log", "domain": [floor, ceiling], "nice": False}
    order = [row["name"] for row in rows]
    y: Spec = {"field": "name", "type": "nominal", "sort": order, "title": None}
    y["axis"] = {"domain": False, "ticks": False, "labelColor": _INK, "labelPadding": 6}
    colour: Spec = {"field": "kind", "type": "nominal", "legend": None}
    colour["scale"] = {"domain": ["held", "wanted"], "range": [_HELD, _WANTED]}
    x: Spec = {"field": "tokens", "type": "quantitative", "scale": scale, "title": "tokens"}
    x["axis"] = {"labelExpr": _TOKENS, "values": _decades(floor, ceiling)}
    far: Spec = {"x": {**x, "field": "end"}, "y": y}
    return {
        "width": _WIDTH - 70,
        "height": {"step": _ROW},
        "data": {"values": [{**row, "end": row.get("high", row["tokens"])} for row in rows]},
        "layer": [
            {
                "mark": {"type": "bar", "height": 13},
                "encoding": {"x": x, "x2": {"datum": floor}, "y": y, "color": colour},
            },
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 2, "color": _INK},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {**far, "text": {"field": "label"}},
            },
        ],
    }


def requirement_chart(report: Report, curves: ReportCurves) -> Spec:
    """Return tokens required against model size, both logarithmic; what is held is a line."""
    points = [item.model_dump() for item in curves.requirement]
    targets = [
        {
            "num_parameters": item.law_parameters,
            "mid": max(1, item.required_tokens[item.law].mid),
            "label": item.label,
        }
        for item in report.targets
    ]
    first = report.targets[0]
    held = [
        {"tokens": max(1, _held(report)), "label": "held, seen once"},
        {
            "tokens": max(1, first.effective_tokens[str(first.epochs)]),
            "label": f"worth after {first.epochs} epochs",
        },
    ]
    values = [item["mid"] for item in points] + [item["tokens"] for item in held]
    y_scale: Spec = {"type": "log", "domain": [min(values) / 2, max(values) * 3], "nice": False}
    size: Spec = {"field": "num_parameters", "type": "quantitative", "title": "parameters"}
    size["scale"] = {"type": "log", "nice": False}
    sizes = [item["num_parameters"] for item in points]
    size["axis"] = {
        "labelExpr": _TOKENS,
        "values": _decades(min(sizes), max(sizes)),
        "grid": False,
    }
    tokens: Spec = {"field": "mid", "type": "quantitative", "scale": y_scale, "title": "tokens"}
    tokens["axis"] = {"labelExpr": _TOKENS, "values": _decades(*y_scale["domain"], most=7)}
    line: Spec = {**tokens, "field": "tokens"}
    return {
        "width": _WIDTH,
        "height": 230,
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "area", "opacity": 0.25, "color": _WANTED, "clip": True},
                "encoding": {"x": size, "y": {**tokens, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "data": {"values": points},
                "mark": {"type": "line", "color": _WANTED, "strokeWidth": 2, "clip": True},
                "encoding": {"x": size, "y": tokens},
            },
            {
                "data": {"values": held[:1]},
                "mark": {"type": "rule", "color": _HELD, "strokeWidth": 2},
                "encoding": {"y": line},
            },
            {
                "data": {"values": held[1:]},
                "mark": {"type": "rule", "color": _HELD, "strokeDash": [5, 4]},
                "encoding": {"y": line},
            },
            {
                "data": {"values": held},
                "mark": {"type": "text", "align": "right", "dy": -6, "color": _HELD},
                "encoding": {"y": line, "x": {"value": _WIDTH - 2}, "text": {"field": "label"}},
            },
            {
                "data": {"values": targets},
                "mark": {"type": "point", "filled": True, "size": 50, "color": _INK},
                "encoding": {"x": size, "y": tokens},
            },
            {
                "data": {"values": targets[:_LABELS]},
                "mark": {"type": "text", "align": "right", "dx": -7, "dy": -7},
                "encoding": {"x": size, "y": tokens, "text": {"field": "label"}},
            },
        ],
    }


def epochs_chart(report: Report, curves: ReportCurves) -> Spec:
    """Return what the unique tokens are worth against epochs, with what targets ask for."""
    top = curves.epochs[-1].num_tokens or 1.0
    first = report.targets[0]
    needs: list[Spec] = [
        {"tokens": item.required_tokens[item.law].mid, "label": f"{item.label} asks for"}
        for item in report.targets
        if item.required_tokens[item.law].mid <= top * 1.1
    ]
    x: Spec = {"field": "epochs", "type": "quantitative", "title": "epochs"}
    x["axis"] = {"grid": False, "tickCount": 8}
    x["scale"] = {"domain": [0, curves.epochs[-1].epochs], "nice": False}
    y: Spec = {"field": "num_tokens", "type": "quantitative", "title": "worth, in tokens"}
    y["axis"] = {"labelExpr": _TOKENS, "tickCount": 5}
    y["scale"] = {"domain": [0, top * 1.2], "nice": False}
    line = {**y, "field": "tokens"}
    named, low = needs[:_LABELS], top / 2
    policy = [
        {"epochs": first.epochs, "label": f"{first.epochs} wanted"},
        {"epochs": first.hard_epochs, "label": f"{first.hard_epochs} allowed"},
    ]
    return {
        "width": _WIDTH,
        "height": 200,
        "layer": [
            {
                "data": {"values": policy},
                "mark": {"type": "rule", "color": _MUTED, "strokeDash": [3, 3]},
                "encoding": {"x": x},
            },
            {
                "data": {"values": policy},
                "mark": {"type": "text", "align": "left", "dx": 4, "color": _MUTED},
                "encoding": {"x": x, "y": {"value": 8}, "text": {"field": "label"}},
            },
            {
                "data": {"values": needs},
                "mark": {"type": "rule", "color": _WANTED},
                "encoding": {"y": line},
            },
            *(
                {
                    "data": {"values": [need for need in named if (need["tokens"] > low) is high]},
                    "mark": {"type": "text", "align": side, "dy": -6, "color": _WANTED},
                    "encoding": {"y": line, "x": {"value": at}, "text": {"field": "label"}},
                }
                # Where the curve is not: at the left above it, at the right below it.
                for high, side, at in ((True, "left", 4), (False, "right", _WIDTH - 2))
            ),
            {
                "data": {"values": [item.model_dump() for item in curves.epochs]},
                "mark": {"type": "line", "color": _HELD, "strokeWidth": 2},
                "encoding": {"x": x, "y": y},
            },
        ],
    }


def _held(report: Report) -> int:
    """Return the tokens that are seen once: the unique ones, or what a mixture's weights let."""
    return report.unique_tokens if report.mixture is None else report.targets[0].unique_tokens


def _at_weights(report: Report) -> list[tuple[str, int, int, str, str]]:
    """Return what the weights of a mixture leave out where no token is seen twice."""
    if report.mixture is None:
        return []
    unique, held = report.unique_tokens, _held(report)
    return [
        ("weights", held, unique, "loss", _less(unique - held)),
        ("seen once", 0, held, "held", format_count(held)),
    ]


def _left_out(report: Report) -> list[tuple[str, int, int, str, str]]:
    """Return what leaves, in order: exact copies, evaluation data, near copies of the rest.

    The latter two stand there where they are known.
    """
    found, near = report.contamination, report.near_duplicates
    known, first = [], "duplicates"
    if found is not None and found.evaluation:
        known.append(("evaluation", found.num_tokens))
    if not isinstance(near, str):
        known.append(("near copies", near.num_tokens))
        first = "exact copies"
    end = report.total_tokens
    exact = end - report.unique_tokens - sum(tokens for _, tokens in known)
    steps = []
    for name, tokens in [(first, exact), *known]:
        steps.append((name, end - tokens, end, "loss", _less(tokens)))
        end -= tokens
    return steps


def waterfall_chart(report: Report) -> Spec:
    """Return the way from tokens as they stand to what they are worth."""
    first = report.targets[0]
    raw, unique = report.total_tokens, report.unique_tokens
    written = 0 if first.distillation is None else first.distillation.credited_tokens
    worth = first.effective_tokens[str(first.epochs)]
    seen = worth - written
    steps = [
        ("as they stand", 0, raw, "other", format_count(raw)),
        *_left_out(report),
        ("unique", 0, unique, "held", format_count(unique)),
        *_at_weights(report),
        ("repetition", _held(report), seen, "held", f"+{format_count(seen - _held(report))}"),
        *([("generated", seen, worth, "other", f"+{format_count(written)}")] if written else []),
        (f"{first.epochs} epochs", 0, worth, "held", format_count(worth)),
    ]
    rows = [
        {"name": name, "start": start, "end": end, "kind": kind, "label": label}
        for name, start, end, kind, label in steps
    ]
    top = max(row[2] for row in steps) or 1
    y: Spec = {"field": "name", "type": "nominal", "sort": [row[0] for row in steps]}
    y |= {"title": None, "axis": {"domain": False, "ticks": False, "labelColor": _INK}}
    x: Spec = {"field": "start", "type": "quantitative", "title": "tokens"}
    x["axis"] = {"labelExpr": _TOKENS, "tickCount": 4}
    x["scale"] = {"domain": [0, top * 1.25], "nice": False}
    colour: Spec = {"field": "kind", "type": "nominal", "legend": None}
    colour["scale"] = {"domain": ["other", "loss", "held"], "range": [_OTHER, _LOSS, _HELD]}
    return {
        "width": _WIDTH - 70,
        "height": {"step": _ROW},
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "bar", "height": 13},
                "encoding": {"x": x, "x2": {"field": "end"}, "y": y, "color": colour},
            },
            # What is too small for a bar is seen nonetheless.
            {
                "mark": {"type": "tick", "size": 13, "thickness": 2},
                "encoding": {"x": {**x, "field": "end"}, "y": y, "color": colour},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {"x": {**x, "field": "end"}, "y": y, "text": {"field": "label"}},
            },
        ],
    }


def laws_chart(report: Report, target: TargetReport) -> Spec:
    """Return what each law asks for, as points over one logarithmic axis, with intervals."""
    rows: list[Spec] = [
        {
            "law": f"{law}: {format_count(need.mid)}",
            "low": max(1, need.low),
            "mid": max(1, need.mid),
            "high": max(1, need.high),
            "kind": "mine" if law == target.law else "other",
        }
        for law, need in sorted(
            target.required_tokens.items(), key=lambda item: (item[1].mid, item[0])
        )
    ]
    held = max(1, _held(report))
    ends = [row["low"] for row in rows] + [row["high"] for row in rows] + [held]
    scale: Spec = {"type": "log", "domain": [min(ends) / 2, max(ends) * 2], "nice": False}
    x: Spec = {"field": "mid", "type": "quantitative", "scale": scale, "title": "tokens"}
    x["axis"] = {"labelExpr": _TOKENS, "values": _decades(*scale["domain"])}
    y: Spec = {"field": "law", "type": "nominal", "sort": [row["law"] for row in rows]}
    y |= {"title": None, "axis": {"domain": False, "ticks": False, "labelColor": _INK}}
    colour: Spec = {"field": "kind", "type": "nominal", "legend": None}
    colour["scale"] = {"domain": ["mine", "other"], "range": [_WANTED, _MUTED]}
    return {
        "width": _WIDTH - 70,
        "height": {"step": 20},
        "data": {"values": rows},
        "layer": [
            {
                "data": {"values": [{"held": held}]},
                "mark": {"type": "rule", "color": _HELD, "strokeWidth": 2},
                "encoding": {"x": {**x, "field": "held"}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "x": {**x, "field": "low"},
                    "x2": {"field": "high"},
                    "y": y,
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": colour},
            },
        ],
    }


def _bar(name: str, tokens: int, kind: str) -> Spec:
    return {"name": name, "tokens": max(1, tokens), "kind": kind, "label": format_count(tokens)}


def _less(num_tokens: int) -> str:
    return f"-{format_count(num_tokens)}" if num_tokens else "none"


def _decades(low: float, high: float, *, most: int = 5) -> list[float]:
    """Return powers of ten between two ends, evenly thinned to so many at most."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [float(10**power) for power in range(first, last + 1, step)]


def _floor(values: Iterable[float]) -> float:
    """Return a power of ten below the smallest number, where bars begin."""
    smallest = min(values)
    return float(10 ** (len(str(int(smallest))) - 2)) if smallest >= 10 else 0.5
