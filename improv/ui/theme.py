"""Two looks, a dark and a light one: gold for improv, blue for you, on slate.

The hues stay apart when a terminal rounds them to its 16 colours.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="improv-dark",
    primary="#f2b84b",
    secondary="#5cc8e8",
    accent="#f2b84b",
    warning="#ff9e64",
    error="#f7768e",
    success="#9ece6a",
    foreground="#d7dae4",
    background="#0e1118",
    surface="#141925",
    panel="#1c2333",
    dark=True,
    variables={
        "plan": "#8a7345",
        "ivory": "#aab1c4",
        "grid": "#2a3347",
        "soft-yours": "#3a88a6",
        "loud-yours": "#b4ecff",
        "soft-its": "#b5842f",
        "loud-its": "#ffdc94",
        "footer-key-foreground": "#f2b84b",
        "footer-background": "#141925",
        "footer-description-foreground": "#9aa3b8",
        "block-cursor-background": "#f2b84b",
        "block-cursor-foreground": "#0e1118",
    },
)

LIGHT = Theme(
    name="improv-light",
    primary="#9a5b00",
    secondary="#00688b",
    accent="#9a5b00",
    warning="#b04a00",
    error="#b3261e",
    success="#3a7d1c",
    foreground="#20242e",
    background="#f6f4ee",
    surface="#ece9e0",
    panel="#dfdbcf",
    dark=False,
    variables={
        "plan": "#b39563",
        "ivory": "#5b6170",
        "grid": "#cfcabc",
        "soft-yours": "#4795b0",
        "loud-yours": "#004560",
        "soft-its": "#bd8436",
        "loud-its": "#6b3f00",
        "footer-key-foreground": "#9a5b00",
        "footer-background": "#ece9e0",
        "footer-description-foreground": "#4a4f5c",
        "block-cursor-background": "#9a5b00",
        "block-cursor-foreground": "#f6f4ee",
    },
)

OWN_VARIABLES = {
    name: DARK.variables[name]
    for name in ("plan", "ivory", "grid", "soft-yours", "loud-yours", "soft-its", "loud-its")
}
