"""`python -m ecops`: see `ecops.commands.app`."""

import os

# Our matrices are small: threads that wait for one another cost more than they gain. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ecops.commands.app import main

if __name__ == "__main__":
    main()
