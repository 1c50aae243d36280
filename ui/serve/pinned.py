"""One process: `python -m ui.serve.pinned CORE ARGUMENTS…` is `streamlit ARGUMENTS…` on one core.

What it starts itself may use every core.
"""

import sys

from rsa_core import cores


def main(core: str, *arguments: str) -> None:
    """Never returns."""
    cores.keep_to(int(core))
    sys.argv = ["streamlit", *arguments]
    from streamlit.web.cli import main as streamlit  # noqa: PLC0415  (its threads are pinned, too)

    streamlit()


if __name__ == "__main__":
    main(*sys.argv[1:])
