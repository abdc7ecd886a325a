"""Every state machine of the shop as a picture, drawn from the tables that the code goes by.

`manage.py draw_machines` writes docs/machines/; a test fails when a table was changed and its picture was not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from django.db.models import TextChoices

from orders import job_states, states
from orders.models import Order, PrintJob, Refund
from refunds import case_states, changes, payouts, returns
from refunds.models import Case, ChangeRequest, Return

BOX_W, BOX_H = 176, 44
GAP_X, GAP_Y = 76, 34
EDGE = 64
LANE = 16
INK, PAPER, START, END, LINE, BACK = "#3b2640", "#fff8ec", "#ffe2a8", "#dfe8e4", "#7a6a80", "#c0563f"


@dataclass(frozen=True)
class Machine:
    """One table. `name` is the file's name, `door` the function through which a state changes."""

    name: str
    title: str
    door: str
    choices: type[TextChoices]
    table: Mapping[str, frozenset[str]]
    start: str


def machines() -> list[Machine]:
    """Every machine, in the order of an order's life."""
    return [
        Machine("order", "An order", "orders.states.move", Order.State, states.TRANSITIONS, "awaiting_payment"),
        Machine("print_job", "A print job", "orders.job_states.move", PrintJob.State, job_states.TRANSITIONS, "queued"),
        Machine("case", "A case", "refunds.case_states.move", Case.State, case_states.TRANSITIONS, "proposed"),
        Machine(
            "change_request", "A change request", "refunds.changes", ChangeRequest.State, changes.TRANSITIONS, "open"
        ),
        Machine("return", "A return", "refunds.returns", Return.State, returns.TRANSITIONS, "asked"),
        Machine("refund", "A refund at the provider", "refunds.payouts", Refund.State, payouts.TRANSITIONS, "decided"),
    ]


def picture(machine: Machine) -> str:
    """The machine as SVG: states in columns by how far they are from the start, ways back in red."""
    column = _columns(machine)
    rows: dict[int, list[str]] = {}
    for state in machine.table:
        rows.setdefault(column[state], []).append(state)
    tallest = max(len(states) for states in rows.values())
    height = 2 * EDGE + tallest * BOX_H + (tallest - 1) * GAP_Y
    place: dict[str, tuple[float, float]] = {}
    for at, names in rows.items():
        free = height - 2 * EDGE - len(names) * BOX_H - (len(names) - 1) * GAP_Y
        for row, name in enumerate(names):
            place[name] = (EDGE + at * (BOX_W + GAP_X), EDGE + free / 2 + row * (BOX_H + GAP_Y))
    order = list(machine.table)
    ways = [(old, new) for old in order for new in sorted(machine.table[old], key=order.index)]
    # What does not lead into the next column takes a lane of its own below the boxes.
    lanes = [(old, new) for old, new in ways if column[new] != column[old] + 1]
    depth = EDGE + LANE * len(lanes)
    width = 2 * EDGE + len(rows) * BOX_W + (len(rows) - 1) * GAP_X
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + depth:g}" width="{width}"'
        f' height="{height + depth:g}" role="img" aria-label="{escape(machine.title)}: its states" font-size="14"'
        ' font-family="Nunito, sans-serif">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *(_marker(name, colour) for name, colour in (("on", LINE), ("back", BACK))),
    ]
    for old, new in ways:
        if (old, new) in lanes:
            number = lanes.index((old, new))
            back = column[new] <= column[old]
            parts.append(_lane(place[old], place[new], height + LANE * number, 7 * (number % 5 - 2), back=back))
        else:
            parts.append(_way_on(place[old], place[new]))
    for name, (x, y) in place.items():
        parts.append(_box(machine, name, x, y))
    return "\n".join([*parts, "</svg>", ""])


def page() -> str:
    """docs/machines.md: every picture, with its door."""
    parts = [
        "# State machines",
        "",
        "Drawn from the tables in the code by `manage.py draw_machines`. Yellow is where it begins, grey where it ends,"
        " red a way back. A state changes through its door only: a conditional update, with the event in the same"
        " transaction.",
    ]
    for machine in machines():
        parts += ["", f"## {machine.title}", "", f"Door: `{machine.door}`", ""]
        parts.append(f"![{machine.title}](machines/{machine.name}.svg)")
    return "\n".join([*parts, ""])


def _columns(machine: Machine) -> dict[str, int]:
    """How far each state is from the start by the longest way that visits no state twice, in table order."""
    column, order = {machine.start: 0}, list(machine.table)

    def visit(state: str, path: tuple[str, ...]) -> None:
        for new in sorted(machine.table[state], key=order.index):
            if new not in path and column.get(new, -1) < column[state] + 1:
                column[new] = column[state] + 1
                visit(new, (*path, new))

    visit(machine.start, (machine.start,))
    for state in machine.table:  # one that nothing leads to is a beginning too
        if state not in column:
            column[state] = 0
            visit(state, (state,))
    return column


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
    )


def _way_on(old: tuple[float, float], new: tuple[float, float]) -> str:
    x1, y1 = old[0] + BOX_W, old[1] + BOX_H / 2
    x2, y2 = new[0], new[1] + BOX_H / 2
    bend = max(GAP_X / 2, (x2 - x1) / 2)
    return (
        f'<path d="M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2 - 2:g} {y2:g}" fill="none"'
        f' stroke="{LINE}" stroke-width="1.6" marker-end="url(#on)"/>'
    )


def _lane(old: tuple[float, float], new: tuple[float, float], below: float, aside: float, *, back: bool) -> str:
    """Out to the right, down between the columns, along below the boxes, and up again on the left of where it goes."""
    x1, y1 = old[0] + BOX_W, old[1] + BOX_H / 2 + 8
    x2, y2 = new[0], new[1] + BOX_H / 2 + 8
    out, home = x1 + GAP_X / 2 + aside, x2 - GAP_X / 2 + aside
    colour, name, dash = (BACK, "back", ' stroke-dasharray="5 3"') if back else (LINE, "on", "")
    return (
        f'<path d="M{x1:g} {y1:g}H{out:g}V{below:g}H{home:g}V{y2:g}H{x2 - 2:g}" fill="none" stroke="{colour}"'
        f' stroke-width="1.6" stroke-linejoin="round"{dash} marker-end="url(#{name})"/>'
    )


def _box(machine: Machine, name: str, x: float, y: float) -> str:
    fill = START if name == machine.start else "#ffffff" if machine.table[name] else END
    label = str(machine.choices(name).label)
    words = f'<tspan x="{x + BOX_W / 2:g}" dy="-3" font-weight="700">{escape(name)}</tspan>'
    if label.lower() != name.replace("_", " "):
        words += f'<tspan x="{x + BOX_W / 2:g}" dy="16" font-size="11">{escape(_short(label))}</tspan>'
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{BOX_W}" height="{BOX_H}" rx="10" fill="{fill}" stroke="{INK}"/>'
        f'<text x="{x + BOX_W / 2:g}" y="{y + BOX_H / 2 + 3:g}" text-anchor="middle" fill="{INK}">{words}</text>'
    )


def _short(label: str) -> str:
    return label if len(label) <= 30 else label[:29].rstrip() + "…"
