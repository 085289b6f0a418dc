"""The parts of the presale page; numbers come from `ecops.presale`."""
