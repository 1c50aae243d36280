"""`python -m rsa_core`: the command line, which is in `rsa_core.cli`."""

from rsa_core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
