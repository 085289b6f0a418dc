"""`python -m ecops`: see `ecops.cli`."""

from ecops.cli import main

if __name__ == "__main__":
    main()
