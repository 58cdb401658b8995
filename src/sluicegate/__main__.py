"""``python -m sluicegate`` is the ``sluicegate`` command."""

from sluicegate.appliance.cli import main

if __name__ == "__main__":
    main()
