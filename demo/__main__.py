"""`python -m demo run|up|down`; usually by make."""

import sys

from demo.up import main

sys.exit(main(sys.argv[1:]))
