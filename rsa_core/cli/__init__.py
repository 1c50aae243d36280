"""The command line of `rsa_core`: the one part that knows files, terminals and processes.

`import rsa_core` does not import it.
"""

from rsa_core.cli.program import main

__all__ = ["main"]
