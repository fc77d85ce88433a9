"""Gradio's own parts in the colours of the page."""

from __future__ import annotations

import gradio as gr

_FONTS = (
    "ui-sans-serif",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "sans-serif",
)
_MONO = ("ui-monospace", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Return the theme, with the fonts of the reader's machine."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=_FONTS,
        font_mono=_MONO,
    )
    return base.set(
        body_background_fill="#f6f5f1",
        body_background_fill_dark="#121716",
        body_text_color="#1d2a29",
        body_text_color_dark="#e4e9e6",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1a201f",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1a201f",
        button_primary_background_fill="#0f5f59",
        button_primary_background_fill_hover="#0b4b46",
        button_primary_background_fill_dark="#3fb5a6",
        button_primary_background_fill_hover_dark="#62c9bb",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#0c1413",
    )
