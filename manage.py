#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Runs the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector.settings")
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)  # what shells say of a program that Ctrl-C ended
    except Exception as error:
        from connector.commands import trouble_with

        told = "" if "--traceback" in sys.argv else trouble_with(error)
        if not told:
            raise
        sys.stderr.write(f"{told}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
