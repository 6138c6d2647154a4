"""What the tests of the screen share: its words, its knobs, and a word from the player."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from textual.pilot import Pilot

from improv.ui.app import ImprovApp
from improv.ui.slider import KnobLine

SIZE = (80, 24)


def text(app: ImprovApp) -> str:
    """The screen as words."""
    svg = ET.fromstring(app.export_screenshot())
    words = "\n".join("".join(node.itertext()) for node in svg.iter() if node.tag.endswith("text"))
    return words.replace("\xa0", " ")


def banner(app: ImprovApp) -> str:
    """The last thing said."""
    return app.state.log[-1].notice.text


async def hear(app: ImprovApp, pilot: Pilot[int], *reports: object) -> None:
    """Let the player say something and the screen draw it."""
    app._link.to_say += reports
    app.advance()
    await pilot.pause()


def line(app: ImprovApp, name: str) -> KnobLine:
    return app.screen_stack[0].query_one(f"#knob-{name}", KnobLine)
