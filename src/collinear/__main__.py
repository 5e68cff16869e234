"""``python -m collinear`` is the command ``collinear``."""

from collinear.cli.main import main

main()
