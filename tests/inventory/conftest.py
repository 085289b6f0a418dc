"""The stock of the sample shop in a workspace, loaded once."""

import pytest

import sample_data
from ecops import Workspace
from sample_data.loading import load

TABLES = ("orders", "order_lines", "products", "inventory_snapshots", "purchase_orders", "presale_deposits")
REPORTS = ("sycm_products.zip", "sycm_products_newest.xls")


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """For reading."""
    workspace = Workspace.open(tmp_path_factory.mktemp("stock") / "shop")
    wanted = [name for name, hint in sample_data.hints().items() if hint["table"] in TABLES or name in REPORTS]
    list(load(workspace, [file for file in sample_data.files() if file.name in wanted]))
    return workspace
