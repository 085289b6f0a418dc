"""The parts of the stock page; numbers come from `ecops.inventory`."""
