"""`python -m mehealth_ui`: the page without the command line's other commands."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mehealth_ui.serving.ending import ending


def main() -> int:
    """Read the flags, serve the page; Ctrl-C during the imports is no traceback either."""
    with ending():
        return _served()
    return 0


def _served() -> int:
    from mehealth_rag.errors import MehealthError
    from mehealth_rag.settings import Settings
    from mehealth_ui import serve

    parser = argparse.ArgumentParser(
        prog="python -m mehealth_ui", description="Serve the chat page."
    )
    parser.add_argument("--corpus", type=Path, help="folder with the documents")
    parser.add_argument("--index", type=Path, help="folder of the index")
    parser.add_argument("--host", dest="ui_host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", dest="ui_port", type=int, help="port to listen on (7860)")
    parser.add_argument("--log-level", help="debug, info, warning or error (info)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    given = vars(parser.parse_args())
    show = bool(given.pop("open"))
    try:
        serve(Settings.load(given), show=show)
    except MehealthError as error:
        print(f"ui: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
