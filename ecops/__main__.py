"""`python -m ecops`: see `ecops.commands.app`."""

from ecops.commands.app import main

if __name__ == "__main__":
    main()
