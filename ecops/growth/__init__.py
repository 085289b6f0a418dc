"""How the business changed, which factor and which segment made the change, and whether it is more than chance."""

from ecops.growth.decomposition import Decomposition, MixRate, decompose, mix_rate

__all__ = ["Decomposition", "MixRate", "decompose", "mix_rate"]
