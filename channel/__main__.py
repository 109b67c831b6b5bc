"""`python -m channel` and the `channel` command."""

from channel.cli import main

if __name__ == "__main__":
    main()
